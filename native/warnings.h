#pragma once

#include <string>
#include <vector>

namespace typetorch {

// LibTorch's warnings become Node's: once a text, through process.emitWarning.
void install_warnings();

// Keeps what LibTorch warns of on a thread that has no JavaScript.
class HeardWarnings {
 public:
  explicit HeardWarnings(std::vector<std::string>& into);
  ~HeardWarnings();
};

// NNPACK says on every convolution that it does not run on this processor, where it does not: it is asked once,
// quietly, and left out there. The kernels that run are the same.
void leave_out_unusable_nnpack();

}  // namespace typetorch
