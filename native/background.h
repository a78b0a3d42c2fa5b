#pragma once

#include "callback.h"
#include "in_use.h"

#include <ATen/ThreadLocalState.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace typetorch {

// Everything that LibTorch keeps for a thread and that changes what a call does, taken here and set elsewhere.
struct ThreadModes {
  ThreadModes();
  // Until the end of the thread's turn.
  class Guard {
   public:
    explicit Guard(const ThreadModes& modes);
    ~Guard();

   private:
    at::ThreadLocalStateGuard state_;
    SavedTensorHooks hooks_;
    bool cache_;
  };
  at::ThreadLocalState state;
  SavedTensorHooks hooks = saved_tensor_hooks();
  bool autocast_cache;
  int threads;
  unsigned control;  // of the processor: flushing denormals
};

// A call on the thread of ours. Made, finished and destroyed on the environment's own thread.
struct Job {
  Job(Environment& environment, const std::string& operation, const Napi::Value& settle);

  Environment& environment;
  InUse use;
  const std::string operation;
  const ThreadModes modes;
  // On the thread of ours; then the result, on the environment's.
  std::function<void()> work;
  std::function<Napi::Value()> result;

  // Called as (error, from JavaScript?) or (undefined, false, result).
  Napi::FunctionReference settle;
  std::exception_ptr failure;
  // Changes nothing: runs once more, after a collection, where a device's memory has run out.
  bool is_repeatable = false;
  std::vector<std::string> warnings;
};

// The thread of ours that an environment's calls run on, one after the other.
struct Background {
  explicit Background(Environment& environment);
  ~Background();

  void add(std::shared_ptr<Job> job);
  // Takes a job that has not begun out again.
  bool cancel(int64_t id);
  // Tells JavaScript of jobs that are through.
  void settle_finished();
  // Waits for the job under way, and forgets the others.
  void stop();

 private:
  void run();
  void settle(Job& job);
  bool runs_again(const std::shared_ptr<Job>& job);

  Environment& environment_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::deque<std::shared_ptr<Job>> finished_;
  size_t unsettled_ = 0;
  bool is_stopped_ = false;
  std::thread thread_;
};

// Queues a job behind those that wait; its number.
int64_t submit(std::unique_ptr<Job> job);

// stop_background(), cancel_job(number), item_async(x, settle), to_async(…)
void export_background(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
