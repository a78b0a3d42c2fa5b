#include "allocator.h"

#include "out_of_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>

namespace typetorch {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kSmall = 4096;         // up to here a class every 64 bytes, above it eight to a power of two
constexpr size_t kThreadLimit = 65536;  // blocks up to this size wait in a list of their thread
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kLeastCache = size_t{128} << 20;
constexpr size_t kMost = size_t{1} << 46;
constexpr uint32_t kClasses = 64 + 8 * 34 + 1;
constexpr size_t kThreadBytes = size_t{1} << 19;  // of one size class in one thread's list
constexpr uint32_t kIdleEpochs = 16;

// Stands in the 64 bytes before the data, so that freeing needs no table.
struct alignas(kAlignment) Block {
  Block* next;
  size_t bytes;
  uint32_t size_class;
};
static_assert(sizeof(Block) == kAlignment);

struct SizeClass {
  uint32_t index;
  size_t bytes;
};

SizeClass size_class(size_t n) {
  if (n <= kSmall) {
    const size_t bytes = (n + kAlignment - 1) & ~(kAlignment - 1);
    return {static_cast<uint32_t>(bytes / kAlignment), bytes};
  }
  const int log = std::bit_width(n - 1) - 1;  // 2^log < n <= 2^(log + 1)
  const size_t step = (size_t{1} << log) / 8;
  const size_t steps = (n - (size_t{1} << log) + step - 1) / step;  // 1 to 8
  return {static_cast<uint32_t>(64 + (log - 12) * 8 + steps), (size_t{1} << log) + steps * step};
}

struct Counters {
  std::atomic<size_t> alive{0};
  std::atomic<size_t> peak{0};
  std::atomic<size_t> cached{0};
};
Counters counters;

Block* take_from_system(SizeClass size) {
  // Whole huge pages for blocks that hold several: half the page faults' cost and fewer TLB misses.
  const bool huge = size.bytes >= 2 * kHugePage;
  void* memory = std::aligned_alloc(
      huge ? kHugePage : kAlignment,
      huge ? (size.bytes + sizeof(Block) + kHugePage - 1) & ~(kHugePage - 1) : size.bytes + sizeof(Block));
  if (memory == nullptr) return nullptr;
  if (huge) madvise(memory, size.bytes + sizeof(Block), MADV_HUGEPAGE);
  auto* block = static_cast<Block*>(memory);
  block->bytes = size.bytes;
  block->size_class = size.index;
  return block;
}

class Central {
 public:
  Block* take(uint32_t index) {
    std::lock_guard<std::mutex> lock(mutex_);
    List& list = lists_[index];
    list.used = epoch_;
    Block* block = list.first;
    if (block == nullptr) return nullptr;
    list.first = block->next;
    counters.cached.fetch_sub(block->bytes, std::memory_order_relaxed);
    return block;
  }

  void give(Block* block) {
    const size_t bytes = block->bytes;
    const size_t limit = std::max(kLeastCache, counters.peak.load(std::memory_order_relaxed));
    if (counters.cached.load(std::memory_order_relaxed) + bytes > limit) {
      std::free(block);
      return;
    }
    std::lock_guard<std::mutex> lock(mutex_);
    block->next = lists_[block->size_class].first;
    lists_[block->size_class].first = block;
    counters.cached.fetch_add(bytes, std::memory_order_relaxed);
  }

  void release(bool idle_only) {
    Block* freed = nullptr;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      epoch_++;
      for (List& list : lists_) {
        if (idle_only && epoch_ - list.used < kIdleEpochs) continue;
        while (list.first != nullptr) {
          Block* block = list.first;
          list.first = block->next;
          counters.cached.fetch_sub(block->bytes, std::memory_order_relaxed);
          block->next = freed;
          freed = block;
        }
      }
    }
    while (freed != nullptr) {
      Block* next = freed->next;
      std::free(freed);
      freed = next;
    }
  }

 private:
  struct List {
    Block* first = nullptr;
    uint32_t used = 0;
  };
  std::mutex mutex_;
  std::array<List, kClasses> lists_{};
  uint32_t epoch_ = 0;
};

// Leaked on purpose: tensors are freed until the very end of the process, static ones after main().
Central& central() {
  static auto* instance = new Central;
  return *instance;
}

constexpr uint32_t kThreadClasses = 64 + 8 * 4 + 1;  // up to kThreadLimit

// Small blocks of one thread: no lock, no atomic but the counter of what is alive.
struct ThreadCache {
  struct List {
    Block* first = nullptr;
    uint32_t count = 0;
  };
  std::array<List, kThreadClasses> lists{};
  bool closed = false;  // the thread is ending: other thread-local destructors may still free

  ~ThreadCache() {
    closed = true;
    flush();
  }
  void flush() {
    for (List& list : lists) {
      while (list.first != nullptr) {
        Block* block = list.first;
        list.first = block->next;
        central().give(block);
      }
      list.count = 0;
    }
  }
};
thread_local ThreadCache thread_cache;

void free_block(void* data) {
  if (data == nullptr) return;
  Block* block = static_cast<Block*>(data) - 1;
  counters.alive.fetch_sub(block->bytes, std::memory_order_relaxed);
  if (block->bytes <= kThreadLimit) {
    ThreadCache& cache = thread_cache;
    ThreadCache::List& list = cache.lists[block->size_class];
    if (!cache.closed && list.count * (block->bytes + sizeof(Block)) < kThreadBytes) {
      block->next = list.first;
      list.first = block;
      list.count++;
      return;
    }
  }
  central().give(block);
}

Block* take_block(SizeClass size) {
  Block* block = nullptr;
  if (size.bytes <= kThreadLimit) {
    ThreadCache::List& list = thread_cache.lists[size.index];
    if (list.first != nullptr) {
      block = list.first;
      list.first = block->next;
      list.count--;
    }
  }
  if (block == nullptr) block = central().take(size.index);
  if (block == nullptr) block = take_from_system(size);
  if (block == nullptr) {
    central().release(false);
    block = take_from_system(size);
  }
  return block;
}

std::atomic<bool (*)()> collect{nullptr};

// What a test has asked for, and how many allocations it has seen.
struct Failure {
  std::atomic<bool> is_watched{false};
  std::atomic<int64_t> seen{0};
  std::atomic<int64_t> after{-1};
  std::atomic<bool> on_device{false};

  bool is_due() {
    if (!is_watched.load(std::memory_order_relaxed)) [[likely]]
      return false;
    seen++;
    return after.load() >= 0 && after-- == 0;
  }
};
Failure failure;

[[noreturn]] void refuse(size_t n, const char* reason) {
  throw HostOutOfMemory({__func__, __FILE__, static_cast<uint32_t>(__LINE__)},
                        c10::str("can't allocate memory: you tried to allocate ", n, " bytes.", reason));
}

struct CachingAllocator final : c10::Allocator {
  c10::DataPtr allocate(size_t n) override {
    const auto cpu = c10::Device(c10::DeviceType::CPU);
    if (n == 0) return {nullptr, nullptr, &free_block, cpu};
    const bool is_failing = failure.is_due();
    if (is_failing && failure.on_device)
      TORCH_CHECK_WITH(OutOfMemoryError, false, "out of memory. Tried to allocate ", n, " bytes.");
    const bool is_absurd = n > kMost;
    const SizeClass size = size_class(is_absurd ? kMost : n);
    Block* block = is_failing || is_absurd ? nullptr : take_block(size);
    if (block == nullptr) {
      const auto collector = collect.load();
      if (collector != nullptr && collector() && !is_absurd) block = take_block(size);
    }
    if (block == nullptr) refuse(n, is_absurd ? "" : " Error code 12 (Cannot allocate memory)");
    const size_t alive = counters.alive.fetch_add(size.bytes, std::memory_order_relaxed) + size.bytes;
    if (alive > counters.peak.load(std::memory_order_relaxed)) counters.peak.store(alive, std::memory_order_relaxed);
    void* data = block + 1;
    return {data, data, &free_block, cpu};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &free_block; }
  void copy_data(void* to, const void* from, std::size_t n) const override { default_copy_data(to, from, n); }
};

}  // namespace

void install_caching_allocator() {
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(new CachingAllocator, 100); });
}

void collect_when_exhausted(bool (*collector)()) {
  collect = collector;
}

int64_t fail_allocations(int64_t after, bool on_device) {
  failure.is_watched = true;
  failure.on_device = on_device;
  failure.after = after;
  return failure.seen.exchange(0);
}

size_t alive_bytes() {
  return counters.alive.load(std::memory_order_relaxed);
}
size_t peak_alive_bytes() {
  return counters.peak.load(std::memory_order_relaxed);
}
size_t cached_bytes() {
  return counters.cached.load(std::memory_order_relaxed);
}

void empty_allocator_cache() {
  thread_cache.flush();
  central().release(false);
}

void age_allocator_cache() {
  central().release(true);
}

}  // namespace typetorch
