#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bench {

struct Options {
  int64_t side = 8;
  int64_t iterations = 1000;
  int64_t warmup = 100;
  int threads = 1;
  bool caching_allocator = false;  // the project's own, instead of LibTorch's
};

// --side N --iterations N --warmup N --threads N --allocator; sets the threads and installs the allocator.
Options prepare(int argc, char** argv);

// The most memory that this process has held, in MB. (ru_maxrss would also count the parent before exec.)
double peak_megabytes();

class Stopwatch {
 public:
  double microseconds() const {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace bench
