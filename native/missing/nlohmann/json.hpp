#pragma once

#include <string>

// ATen/functorch/Interpreter.h names this class in functions that write a level as JSON. The wheel lacks the library, and
// nothing here calls those functions: declarations are enough.
namespace nlohmann {
struct json {
  json() = default;
  template <typename T>
  explicit json(const T& value);
  std::string dump() const;
  static json parse(const std::string& text);
  template <typename T>
  T get() const;
};
}  // namespace nlohmann
