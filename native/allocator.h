#pragma once

#include <cstddef>
#include <cstdint>

// A caching CPU allocator for LibTorch. The C library gives big blocks back to the system and faults them in
// again, which at image sizes costs more than the arithmetic; here a freed block waits in a list of its size
// class and is used again while it is still in cache. It also counts what is truly alive, intermediate and
// saved tensors included: the figure that collections are driven by.
namespace typetorch {

// Must run before the first tensor is made. The allocator is never destroyed: it outlives every tensor.
void install_caching_allocator();

// Bytes that LibTorch holds now, and the most that it has held.
size_t alive_bytes();
size_t peak_alive_bytes();

// Bytes that wait in the lists for their next use.
size_t cached_bytes();

// Gives every waiting block back to the system.
void empty_allocator_cache();

// What is called when the system gives no memory: frees garbage, and says whether there was a way to. The allocation is
// then tried once more, so nothing that has begun is done twice.
void collect_when_exhausted(bool (*collect)());

// The allocation after so many others is refused its memory until garbage is collected, or for good as by a device's
// allocator; -1 for none. How many allocations there were since the last call. For tests.
int64_t fail_allocations(int64_t after, bool on_device);

// Called after a collection: gives back the blocks of size classes that no allocation has used for a while.
void age_allocator_cache();

}  // namespace typetorch
