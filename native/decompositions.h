#pragma once

namespace typetorch {

// What LibTorch differentiates or batches only by formulas that Python brings along: operators written as others. Each
// is registered once a process, when the first transform or dual level asks for it.
void register_batched_decompositions();
void register_forward_decompositions();

}  // namespace typetorch
