#include "convert.h"

#include <ATen/core/jit_type.h>

namespace typetorch {
namespace {

Kind kind_of(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType:
      return Kind::Tensor;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return Kind::Int;
    case c10::TypeKind::FloatType:
      return Kind::Float;
    case c10::TypeKind::BoolType:
    case c10::TypeKind::SymBoolType:
      return Kind::Bool;
    case c10::TypeKind::NumberType:
      return Kind::Scalar;
    case c10::TypeKind::StringType:
      return Kind::String;
    case c10::TypeKind::DeviceObjType:
      return Kind::Device;
    case c10::TypeKind::ScalarTypeType:
      return Kind::ScalarType;
    case c10::TypeKind::LayoutType:
      return Kind::Layout;
    case c10::TypeKind::MemoryFormatType:
      return Kind::MemoryFormat;
    case c10::TypeKind::GeneratorType:
      return Kind::Generator;
    case c10::TypeKind::StorageType:
      return Kind::Storage;
    case c10::TypeKind::StreamObjType:
      return Kind::Stream;
    case c10::TypeKind::QSchemeType:
      return Kind::QScheme;
    case c10::TypeKind::ListType: {
      const auto element = type->castRaw<c10::ListType>()->getElementType();
      if (const auto* optional = element->castRaw<c10::OptionalType>())
        return kind_of(optional->getElementType()) == Kind::Tensor ? Kind::OptionalTensorList : Kind::Unsupported;
      switch (kind_of(element)) {
        case Kind::Tensor:
          return Kind::TensorList;
        case Kind::Int:
          return Kind::IntList;
        case Kind::Float:
          return Kind::FloatList;
        case Kind::Bool:
          return Kind::BoolList;
        case Kind::Scalar:
          return Kind::ScalarList;
        case Kind::String:
          return Kind::StringList;
        default:
          return Kind::Unsupported;
      }
    }
    default:
      return Kind::Unsupported;
  }
}

const char* text_of(Kind kind) {
  // The words of PyTorch's own argument parser.
  switch (kind) {
    case Kind::TensorList:
    case Kind::OptionalTensorList:
      return "tuple of Tensors";
    case Kind::IntList:
      return "tuple of ints";
    case Kind::FloatList:
      return "tuple of floats";
    case Kind::BoolList:
      return "tuple of bools";
    case Kind::ScalarList:
      return "tuple of Scalars";
    case Kind::StringList:
      return "tuple of strs";
    case Kind::Scalar:
      return "Number";
    default:
      return kind_name(kind);
  }
}

}  // namespace

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::Tensor:
      return "Tensor";
    case Kind::TensorList:
      return "Tensor[]";
    case Kind::OptionalTensorList:
      return "Tensor?[]";
    case Kind::Int:
      return "int";
    case Kind::IntList:
      return "int[]";
    case Kind::Float:
      return "float";
    case Kind::FloatList:
      return "float[]";
    case Kind::Bool:
      return "bool";
    case Kind::BoolList:
      return "bool[]";
    case Kind::Scalar:
      return "Scalar";
    case Kind::ScalarList:
      return "Scalar[]";
    case Kind::String:
      return "str";
    case Kind::StringList:
      return "str[]";
    case Kind::Device:
      return "torch.device";
    case Kind::ScalarType:
      return "torch.dtype";
    case Kind::Layout:
      return "torch.layout";
    case Kind::MemoryFormat:
      return "torch.memory_format";
    case Kind::Generator:
      return "torch.Generator";
    case Kind::Storage:
      return "torch.Storage";
    case Kind::Stream:
      return "torch.Stream";
    case Kind::QScheme:
      return "torch.qscheme";
    case Kind::Unsupported:
      break;
  }
  return "unsupported";
}

Parameter describe_parameter(const c10::Argument& argument) {
  Parameter parameter;
  parameter.name = argument.name();
  c10::TypePtr type = argument.real_type();
  if (const auto* optional = type->castRaw<c10::OptionalType>()) {
    parameter.nullable = true;
    type = optional->getElementType();
  }
  parameter.kind = kind_of(type);
  parameter.type_text = parameter.kind == Kind::Unsupported ? type->str() : text_of(parameter.kind);
  parameter.list_size = argument.N().value_or(0);
  parameter.written = argument.alias_info() != nullptr && argument.alias_info()->isWrite();
  parameter.keyword_only = argument.kwarg_only();
  if (argument.default_value()) parameter.default_value = *argument.default_value();
  return parameter;
}

}  // namespace typetorch
