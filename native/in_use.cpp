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
    InUse::Kind kind;
    const std::string* operation;
  };
  std::mutex mutex;
  std::unordered_multimap<const void*, Mark> all;
  // What calls in workers draw from: nothing stands for LibTorch's default generator.
  std::unordered_map<int64_t, std::optional<at::Generator>> generators;
  int64_t next = 1;

  // Never destroyed: a thread may end after the process's static objects.
  static Marks& the() {
    static auto* marks = new Marks;
    return *marks;
  }

  // The operation of a call that has marked it so, other than the one this thread works for; null for none.
  template <typename... Kinds>
  static std::optional<std::string> user_of(const void* what, Kinds... kinds) {
    Marks& marks = the();
    const int64_t own = acting_for();
    const std::lock_guard<std::mutex> lock(marks.mutex);
    const auto [begin, end] = marks.all.equal_range(what);
    for (auto found = begin; found != end; ++found) {
      const Mark& mark = found->second;
      if (mark.call != own && ((mark.kind == kinds) || ...)) return *mark.operation;
    }
    return std::nullopt;
  }

  template <typename... Kinds>
  static void check(const void* what, const std::string& subject, Kinds... kinds) {
    if (const auto user = user_of(what, kinds...))
      TORCH_CHECK(false, subject, " is in use by ", *user, ", which is under way: await it first");
  }

  static void check_elements(const at::Tensor& tensor, const std::string& subject, bool write) {
    if (!tensor.defined() || !tensor.has_storage()) return;
    const void* storage = tensor.storage().unsafeGetStorageImpl();
    if (write)
      check(storage, subject, InUse::Kind::Read, InUse::Kind::Write);
    else
      check(storage, subject, InUse::Kind::Write);
  }

  static void check_node(const void* node, const std::string& subject) { check(node, subject, InUse::Kind::Node); }
  static void check_leaf(const void* leaf, const std::string& subject) { check(leaf, subject, InUse::Kind::Gradient); }
  static bool is_leaf_in_use(const void* leaf) { return user_of(leaf, InUse::Kind::Gradient).has_value(); }
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

thread_local int64_t acting_for_good = 0;

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

// begin_use(operation, read, written): its number.
Napi::Value begin_use(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::of(info.Env());
  const std::string operation = info[0].As<Napi::String>();
  auto use = std::make_unique<InUse>(operation);
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

Napi::Value end_use(const Napi::CallbackInfo& info) {
  Environment::of(info.Env()).uses.erase(int_argument(info, 0));
  return info.Env().Undefined();
}

// work_for(number): this thread's calls are that call's own, until the next one, and draw from its generator; 0 for
// nobody's.
Napi::Value work_for(const Napi::CallbackInfo& info) {
  const int64_t id = int_argument(info, 0);
  act_for(id);
  Marks& marks = Marks::the();
  const std::lock_guard<std::mutex> lock(marks.mutex);
  if (const auto found = marks.generators.find(id); found != marks.generators.end())
    Environment::of(info.Env()).own_generator = found->second;
  return info.Env().Undefined();
}

}  // namespace

InUse::InUse(std::string operation)
    : operation_(std::move(operation)), id_([] {
        Marks& marks = Marks::the();
        const std::lock_guard<std::mutex> lock(marks.mutex);
        return marks.next++;
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
  marks.all.emplace(what, Marks::Mark{id_, kind, &operation_});
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
  return acting == nullptr ? acting_for_good : acting->id;
}

ActingFor::ActingFor(int64_t id) {
  c10::ThreadLocalDebugInfo::_push(kActing, std::make_shared<Acting>(id));
}

ActingFor::~ActingFor() {
  c10::ThreadLocalDebugInfo::_pop(kActing);
}

void act_for(int64_t id) {
  acting_for_good = id;
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
  export_function<end_use>(env, exports, "end_use");
  export_function<work_for>(env, exports, "work_for");
}

}  // namespace typetorch
