#include "background.h"

#include "convert.h"
#include "guard.h"
#include "out_of_memory.h"
#include "status.h"
#include "tensor.h"
#include "warnings.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <pthread.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace typetorch {
namespace {

unsigned control_word() {
#if defined(__x86_64__)
  return _mm_getcsr();
#else
  return 0;
#endif
}

void set_control_word(unsigned control) {
#if defined(__x86_64__)
  _mm_setcsr(control);
#endif
}

void stop_of(void* data) {
  auto& environment = *static_cast<Environment*>(data);
  if (environment.background) environment.background->stop();
}

std::optional<int32_t> optional_code(const Napi::Value& value) {
  if (value.IsNumber()) return value.As<Napi::Number>().Int32Value();
  return std::nullopt;
}

// item_async(x, settle): the job's number.
Napi::Value item_async(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const at::Tensor tensor = tensor_argument(info, 0, Use::Read, "item_async(): the tensor");
  auto job = std::make_unique<Job>(environment, "item_async()", info[1]);
  job->use.reads(tensor);
  const auto found = std::make_shared<at::Scalar>();
  job->is_repeatable = true;
  job->work = [=] { *found = tensor.item(); };
  job->result = [=, env = info.Env()] { return Napi::Value(env, from_scalar(env, *found)); };
  return int_result(info, submit(std::move(job)));
}

// to_async(x, dtype | null, device | null, non_blocking, copy, memory_format | null, settle): the job's number.
Napi::Value to_async(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const at::Tensor tensor = tensor_argument(info, 0, Use::Read, "to_async(): the tensor");
  at::TensorOptions options = tensor.options();
  if (const auto dtype = optional_code(info[1])) options = options.dtype(static_cast<at::ScalarType>(*dtype));
  if (info[2].IsString()) options = options.device(c10::Device(info[2].As<Napi::String>().Utf8Value()));
  const bool non_blocking = info[3].As<Napi::Boolean>();
  const bool copy = info[4].As<Napi::Boolean>();
  std::optional<at::MemoryFormat> format;
  if (const auto code = optional_code(info[5])) format = static_cast<at::MemoryFormat>(*code);
  auto job = std::make_unique<Job>(environment, "to_async()", info[6]);
  job->use.reads(tensor);
  const auto found = std::make_shared<at::Tensor>();
  job->is_repeatable = true;
  job->work = [=] { *found = tensor.to(options, non_blocking, copy, format); };
  job->result = [=, &environment]() -> Napi::Value {
    return Napi::Number::New(environment.env, environment.put(std::move(*found)));
  };
  return int_result(info, submit(std::move(job)));
}

Napi::Value cancel_job(const Napi::CallbackInfo& info) {
  const auto& background = Environment::of(info.Env()).background;
  return Napi::Boolean::New(info.Env(), background && background->cancel(int_argument(info, 0)));
}

Napi::Value stop_background(const Napi::CallbackInfo& info) {
  stop_of(&Environment::of(info.Env()));
  return info.Env().Undefined();
}

// The JavaScript value for what was thrown on the thread of ours.
napi_value error_value(napi_env env, const Job& job, bool& from_javascript) {
  try {
    std::rethrow_exception(job.failure);
  } catch (const ThrownElsewhere& thrown) {
    from_javascript = true;
    thrown.error->ThrowAsJavaScriptException();
  } catch (...) {
    throw_to_javascript(env, job.operation.substr(0, job.operation.find('(')).c_str());
  }
  napi_value error = nullptr;
  checked(env, napi_get_and_clear_last_exception(env, &error));
  return error;
}

}  // namespace

ThreadModes::ThreadModes()
    : autocast_cache(at::autocast::is_autocast_cache_enabled()),
      threads(at::get_num_threads()),
      control(control_word()) {}

ThreadModes::Guard::Guard(const ThreadModes& modes)
    : state_(modes.state), hooks_(saved_tensor_hooks()), cache_(at::autocast::is_autocast_cache_enabled()) {
  set_saved_tensor_hooks(modes.hooks);
  at::autocast::set_autocast_cache_enabled(modes.autocast_cache);
}

ThreadModes::Guard::~Guard() {
  set_saved_tensor_hooks(std::move(hooks_));
  at::autocast::set_autocast_cache_enabled(cache_);
}

Job::Job(Environment& environment, const std::string& operation, const Napi::Value& settle)
    : environment(environment),
      use(operation),
      operation(operation),
      settle(Napi::Persistent(settle.As<Napi::Function>())) {}

Background::Background(Environment& environment) : environment_(environment) {
  serve_by_loop(environment);
  // After the event loop's own: hooks run from the last to the first.
  checked(environment.env, napi_add_env_cleanup_hook(environment.env, stop_of, &environment));
  thread_ = std::thread([this] { run(); });
  environment.on_turn = [this] { settle_finished(); };
  pthread_setname_np(thread_.native_handle(), "typetorch");
}

Background::~Background() {
  stop();
}

void Background::add(std::shared_ptr<Job> job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    TORCH_CHECK(!is_stopped_, job->operation, ": the thread is ending");
    waiting_.push_back(std::move(job));
  }
  if (unsettled_++ == 0) hold_loop(environment_, true);
  changed_.notify_one();
}

bool Background::cancel(int64_t id) {
  std::shared_ptr<Job> dead;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found =
        std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& job) { return job->use.id() == id; });
    if (found == waiting_.end()) return false;
    dead = std::move(*found);
    waiting_.erase(found);
  }
  if (--unsettled_ == 0) hold_loop(environment_, false);
  return true;
}

void Background::run() {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [&] { return is_stopped_ || !waiting_.empty(); });
      if (is_stopped_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    try {
      const ThreadModes::Guard modes(job->modes);
      const HeardWarnings heard(job->warnings);
      const ActingFor acting(job->use.id());
      const WorksFor works_for(environment_);
      // LibTorch's count of threads and the processor's flags are the thread's.
      if (at::get_num_threads() != job->modes.threads) at::set_num_threads(job->modes.threads);
      set_control_word(job->modes.control);
      job->work();
    } catch (...) {
      job->failure = std::current_exception();
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      finished_.push_back(std::move(job));
    }
    wake_loop(environment_);
  }
}

bool Background::runs_again(const std::shared_ptr<Job>& job) {
  if (!job->failure || !job->is_repeatable) return false;
  try {
    std::rethrow_exception(job->failure);
  } catch (const HostOutOfMemory&) {
    return false;
  } catch (const c10::OutOfMemoryError&) {
    if (!collect_garbage()) return false;
  } catch (...) {
    return false;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_stopped_) return false;
    job->is_repeatable = false;
    job->failure = nullptr;
    job->warnings.clear();
    waiting_.push_front(job);
  }
  changed_.notify_one();
  return true;
}

void Background::settle_finished() {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (finished_.empty()) return;
      job = std::move(finished_.front());
      finished_.pop_front();
    }
    if (runs_again(job)) continue;
    settle(*job);
    job.reset();
    if (--unsettled_ == 0) hold_loop(environment_, false);
  }
}

void Background::settle(Job& job) {
  const Napi::Env env = environment_.env;
  const Napi::HandleScope scope(env);
  try {
    for (const std::string& warning : job.warnings)
      if (!environment_.emit_warning.IsEmpty()) environment_.emit_warning.Call({Napi::String::New(env, warning)});
    Napi::Value result = env.Undefined();
    Napi::Value error = env.Undefined();
    bool from_javascript = false;
    if (!job.failure) try {
        if (job.result) result = job.result();
      } catch (...) {
        job.failure = std::current_exception();
      }
    const bool failed = job.failure != nullptr;
    if (failed) error = Napi::Value(env, error_value(env, job, from_javascript));
    job.failure = nullptr;
    job.use.release();
    job.settle.Call({Napi::Boolean::New(env, failed), error, Napi::Boolean::New(env, from_javascript), result});
  } catch (const Napi::Error&) {
    // The environment is ending: nobody waits any more.
  }
}

void Background::stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_one();
  // A thread that waits for a call which is being served now does nothing else until that returns, or never.
  if (!stop_serving(environment_) || !thread_.joinable()) return;
  thread_.join();
  waiting_.clear();
  finished_.clear();
}

int64_t submit(std::unique_ptr<Job> job) {
  Environment& environment = job->environment;
  if (!environment.background) environment.background = std::make_unique<Background>(environment);
  const int64_t id = job->use.id();
  environment.background->add(std::move(job));
  return id;
}

void export_background(Napi::Env env, Napi::Object exports) {
  export_function<item_async>(env, exports, "item_async");
  export_function<to_async>(env, exports, "to_async");
  export_function<cancel_job>(env, exports, "cancel_job");
  export_function<stop_background>(env, exports, "stop_background");
}

}  // namespace typetorch
