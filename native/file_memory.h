#pragma once

#include <ATen/core/stack.h>
#include <napi.h>

namespace typetorch {

// from_file(filename, shared, size, *, dtype, …): with `shared`, asks the file system for the space before the file is
// mapped. A write to a page that it cannot give ends the process.
void reserve_shared_file(torch::jit::Stack& stack);

// read_file(tensor, fd, offset): fills a tensor's elements from a file.
Napi::Value read_file(const Napi::CallbackInfo& info);

}  // namespace typetorch
