#include "in_use.h"

#include "callback.h"
#include "guard.h"
#include "tensor.h"

#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace typetorch {

std::atomic<int> calls_in_use{0};

struct Marks {
  struct Mark {
    int64_t call;
    int64_t group;
    InUse::Kind kind;
    const std::string* operation;
  };
  struct Use {
    // The use that this one was begun in, 0 for none.
    int64_t outer;
    int64_t group;
  };
  std::mutex mutex;
  std::unordered_multimap<const void*, Mark> all;
  std::unordered_map<int64_t, Use> uses;
  // What calls in workers draw from: nothing stands for LibTorch's default generator.
  std::unordered_map<int64_t, std::optional<at::Generator>> generators;
  int64_t next = 1;

  // Never destroyed: a thread may end after the process's static objects.
  static Marks& the() {
    static auto* marks = new Marks;
    return *marks;
  }

  struct User {
    int64_t id;
    // As errors go on after "is in use by".
    std::string text;
  };

  // Whether it races with what `own` does: not in the same use, in one that `own` is part of, or in its group.
  bool is_other(const Mark& mark, int64_t own) const {
    if (own == 0) return true;
    if (mark.call == own) return false;
    for (auto use = uses.find(own); use != uses.end(); use = uses.find(use->second.outer)) {
      if (mark.group != 0 && mark.group == use->second.group) return false;
      if (mark.call == use->second.outer) return false;
    }
    return true;
  }

  // Who has marked it so beside `own`; null for none.
  template <typename... Kinds>
  static std::optional<User> other_user_of(int64_t own, const void* what, Kinds... kinds) {
    Marks& marks = the();
    const std::lock_guard<std::mutex> lock(marks.mutex);
    const auto [begin, end] = marks.all.equal_range(what);
    for (auto found = begin; found != end; ++found) {
      const Mark& mark = found->second;
      if (((mark.kind == kinds) || ...) && marks.is_other(mark, own)) return User{mark.call, *mark.operation};
    }
    return std::nullopt;
  }

  // Who has marked it so beside what this thread works for; JavaScript is asked for that only where it matters.
  template <typename... Kinds>
  static std::optional<User> user_of(const void* what, Kinds... kinds) {
    const int64_t own = acting_for();
    const auto user = other_user_of(own, what, kinds...);
    if (!user) return user;
    for (const Environment* environment : Environment::all_of_this_thread()) {
      const int64_t here = lease_of(*environment);
      if (here != 0 && here != own && !other_user_of(here, what, kinds...)) return std::nullopt;
    }
    return user;
  }

  template <typename... Kinds>
  static void check(const void* what, const std::string& subject, Kinds... kinds) {
    if (const auto user = user_of(what, kinds...)) TORCH_CHECK(false, subject, " is in use by ", user->text);
  }

  static const void* storage_of(const at::Tensor& tensor) {
    return tensor.defined() && tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr;
  }

  static std::optional<User> user_of_elements(int64_t own, const at::Tensor& tensor, bool write) {
    const void* storage = storage_of(tensor);
    if (storage == nullptr) return std::nullopt;
    return write ? other_user_of(own, storage, InUse::Kind::Read, InUse::Kind::Write)
                 : other_user_of(own, storage, InUse::Kind::Write);
  }

  static void check_elements(const at::Tensor& tensor, const std::string& subject, bool write) {
    const void* storage = storage_of(tensor);
    if (storage == nullptr) return;
    if (write)
      check(storage, subject, InUse::Kind::Read, InUse::Kind::Write);
    else
      check(storage, subject, InUse::Kind::Write);
  }

  static void check_node(const void* node, const std::string& subject) { check(node, subject, InUse::Kind::Node); }
  static void check_leaf(const void* leaf, const std::string& subject) { check(leaf, subject, InUse::Kind::Gradient); }
  static bool is_leaf_in_use(const void* leaf) { return user_of(leaf, InUse::Kind::Gradient).has_value(); }

  static int64_t lease_of(const Environment& environment) {
    if (environment.current_lease.IsEmpty()) return 0;
    const Napi::HandleScope scope(environment.env);
    return environment.current_lease.Call({}).As<Napi::Number>().Int64Value();
  }

  static int64_t lease_of_javascript() {
    for (const Environment* environment : Environment::all_of_this_thread())
      if (const int64_t lease = lease_of(*environment); lease != 0) return lease;
    return 0;
  }
};

namespace {

using torch::autograd::AccumulateGrad;
using torch::autograd::Node;

constexpr std::string_view kActingName = "TYPETORCH_CALL";
constexpr c10::DebugInfoKind kActing(&kActingName);

struct Acting : c10::DebugInfoBase {
  explicit Acting(int64_t id) : id(id) {}
  int64_t id;
};

// Every node that backward from the roots may come to; a leaf's node is told apart.
template <typename OnNode, typename OnLeaf>
void walk(const std::vector<at::Tensor>& roots, const OnNode& on_node, const OnLeaf& on_leaf) {
  std::unordered_set<Node*> seen;
  std::vector<Node*> next;
  const auto push = [&](Node* node) {
    if (node != nullptr && seen.insert(node).second) next.push_back(node);
  };
  for (const at::Tensor& root : roots) {
    if (!root.defined() || !root.requires_grad()) continue;
    if (root.is_leaf())
      on_leaf(root);
    else
      push(root.grad_fn().get());
  }
  while (!next.empty()) {
    Node* node = next.back();
    next.pop_back();
    if (const auto* leaf = dynamic_cast<AccumulateGrad*>(node)) {
      if (leaf->variable.defined()) on_leaf(leaf->variable);
      continue;
    }
    on_node(node);
    for (const auto& edge : node->next_edges()) push(edge.function.get());
  }
}

// begin_use(operation, read, written, in_turn, remedy): its number. Uses of one environment that are in turn do not
// race with each other.
Napi::Value begin_use(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const std::string operation = info[0].As<Napi::String>();
  const int64_t group = info[3].As<Napi::Boolean>() ? reinterpret_cast<intptr_t>(&environment) : 0;
  auto use = std::make_unique<InUse>(operation, info[4].As<Napi::String>(), group);
  const ActingFor acting(use->id());
  const std::string needs = operation + ": a tensor that it needs";
  const std::string changes = operation + ": a tensor that it may change";
  const variable_list read = tensors_of(environment, info[1], Use::Read, needs.c_str());
  const variable_list written = tensors_of(environment, info[2], Use::Write, changes.c_str());
  for (const at::Tensor& tensor : read) use->reads(tensor);
  for (const at::Tensor& tensor : written) use->writes(tensor);
  const int64_t id = use->id();
  {
    Marks& marks = Marks::the();
    const std::lock_guard<std::mutex> lock(marks.mutex);
    marks.generators.emplace(id, environment.own_generator);
  }
  environment.uses.emplace(id, std::move(use));
  return int_result(info, id);
}

// in_use_by(tensors, written, own): [number, text] of who uses one of them beside the use `own`, or null.
Napi::Value in_use_by(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const variable_list tensors =
      tensors_of(Environment::of(env), info[0], Use::Facts, "in_use_by(): argument 'tensors'");
  const bool is_written = info[1].As<Napi::Boolean>();
  const int64_t own = int_argument(info, 2);
  if (!anything_in_use()) return env.Null();
  for (const at::Tensor& tensor : tensors) {
    const auto user = Marks::user_of_elements(own, tensor, is_written);
    if (!user) continue;
    auto result = Napi::Array::New(env, 2);
    result.Set(uint32_t{0}, int_result(info, user->id));
    result.Set(uint32_t{1}, user->text);
    return result;
  }
  return env.Null();
}

Napi::Value end_use(const Napi::CallbackInfo& info) {
  Environment::of(info.Env()).uses.erase(int_argument(info, 0));
  return info.Env().Undefined();
}

// draw_for(number): this thread's operators draw from the generator of the one that began the use.
Napi::Value draw_for(const Napi::CallbackInfo& info) {
  const int64_t id = int_argument(info, 0);
  Marks& marks = Marks::the();
  const std::lock_guard<std::mutex> lock(marks.mutex);
  if (const auto found = marks.generators.find(id); found != marks.generators.end())
    Environment::of(info.Env()).own_generator = found->second;
  return info.Env().Undefined();
}

}  // namespace

InUse::InUse(std::string operation, std::string remedy, int64_t group)
    : operation_(std::move(operation) + ", " + std::move(remedy)), group_(group), id_([group] {
        const int64_t acting = acting_for();
        const int64_t outer = acting != 0 ? acting : Marks::lease_of_javascript();
        Marks& marks = Marks::the();
        const std::lock_guard<std::mutex> lock(marks.mutex);
        const int64_t id = marks.next++;
        marks.uses.emplace(id, Marks::Use{outer, group});
        return id;
      }()) {
  calls_in_use++;
}

InUse::~InUse() {
  release();
}

void InUse::release() {
  if (is_over_) return;
  is_over_ = true;
  calls_in_use--;
  Marks& marks = Marks::the();
  const std::lock_guard<std::mutex> lock(marks.mutex);
  marks.generators.erase(id_);
  marks.uses.erase(id_);
  for (const void* what : marked_) {
    const auto [begin, end] = marks.all.equal_range(what);
    for (auto found = begin; found != end; ++found) {
      if (found->second.call != id_) continue;
      marks.all.erase(found);
      break;
    }
  }
}

void InUse::mark(const void* what, Kind kind) {
  Marks& marks = Marks::the();
  const std::lock_guard<std::mutex> lock(marks.mutex);
  marks.all.emplace(what, Marks::Mark{id_, group_, kind, &operation_});
  marked_.push_back(what);
}

void InUse::reads(const at::Tensor& tensor) {
  if (tensor.defined() && tensor.has_storage()) mark(tensor.storage().unsafeGetStorageImpl(), Kind::Read);
}

void InUse::writes(const at::Tensor& tensor) {
  if (tensor.defined() && tensor.has_storage()) mark(tensor.storage().unsafeGetStorageImpl(), Kind::Write);
}

void InUse::walks(const std::vector<at::Tensor>& roots, const std::vector<at::Tensor>& inputs) {
  const auto leaf = [&](const at::Tensor& tensor) {
    reads(tensor);
    mark(tensor.unsafeGetTensorImpl(), Kind::Gradient);
  };
  walk(
      roots, [&](const Node* node) { mark(node, Kind::Node); }, leaf);
  for (const at::Tensor& root : roots) reads(root);
  for (const at::Tensor& input : inputs)
    if (input.defined()) mark(input.unsafeGetTensorImpl(), Kind::Gradient);
}

int64_t acting_for() {
  const auto* acting = static_cast<Acting*>(c10::ThreadLocalDebugInfo::get(kActing));
  return acting == nullptr ? 0 : acting->id;
}

ActingFor::ActingFor(int64_t id) {
  c10::ThreadLocalDebugInfo::_push(kActing, std::make_shared<Acting>(id));
}

ActingFor::~ActingFor() {
  c10::ThreadLocalDebugInfo::_pop(kActing);
}

void check_use(const at::Tensor& tensor, Use use, const std::string& what) {
  switch (use) {
    case Use::Facts:
      break;
    case Use::Read:
      return check_read(tensor, what);
    case Use::Write:
      return check_write(tensor, what);
    case Use::Gradient:
      return check_gradient(tensor, what);
  }
}

void check_node(const void* node, const std::string& what) {
  Marks::check_node(node, what);
}

bool is_gradient_in_use(const at::Tensor& tensor) {
  return anything_in_use() && Marks::is_leaf_in_use(tensor.unsafeGetTensorImpl());
}

void check_read(const at::Tensor& tensor, const std::string& what) {
  Marks::check_elements(tensor, what, false);
}

void check_write(const at::Tensor& tensor, const std::string& what) {
  Marks::check_elements(tensor, what, true);
  // What a graph under way was computed from, it may have saved.
  if (tensor.defined() && tensor.requires_grad() && !tensor.is_leaf()) Marks::check_node(tensor.grad_fn().get(), what);
}

void check_gradient(const at::Tensor& tensor, const std::string& what) {
  if (!tensor.defined()) return;
  Marks::check_leaf(tensor.unsafeGetTensorImpl(), what);
  if (tensor.requires_grad() && !tensor.is_leaf()) Marks::check_node(tensor.grad_fn().get(), what);
}

void check_graph(const std::vector<at::Tensor>& roots, const std::string& what) {
  walk(
      roots, [&](const Node* node) { Marks::check_node(node, what); },
      [&](const at::Tensor& leaf) {
        Marks::check_leaf(leaf.unsafeGetTensorImpl(), what);
        Marks::check_elements(leaf, what, false);
      });
}

void export_in_use(Napi::Env env, Napi::Object exports) {
  export_function<begin_use>(env, exports, "begin_use");
  export_function<in_use_by>(env, exports, "in_use_by");
  export_function<end_use>(env, exports, "end_use");
  export_function<draw_for>(env, exports, "draw_for");
}

}  // namespace typetorch
