#include "common.h"

#include "allocator.h"

#include <ATen/Parallel.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

namespace bench {

Options prepare(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i++) {
    const std::string name = argv[i];
    if (name == "--allocator") {
      options.caching_allocator = true;
      continue;
    }
    const int64_t value = i + 1 < argc ? std::atoll(argv[++i]) : 0;
    if (name == "--side") {
      options.side = value;
    } else if (name == "--iterations") {
      options.iterations = value;
    } else if (name == "--warmup") {
      options.warmup = value;
    } else if (name == "--threads") {
      options.threads = static_cast<int>(value);
    } else {
      std::cerr << "unknown option " << name << "\n";
      std::exit(2);
    }
  }
  if (options.caching_allocator) typetorch::install_caching_allocator();
  at::set_num_threads(options.threads);
  return options;
}

double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) return std::atof(line.c_str() + 6) / 1024;
  }
  return 0;
}

}  // namespace bench
