import { OrderedDict } from './collections.js'
import { announce_copy, mark_classes } from './copies.js'
import { Device } from './device.js'
import { Distribution } from './distributions/distribution.js'
import { DType } from './dtype.js'
import { Generator } from './generator.js'
import { Layout, MemoryFormat, QScheme } from './layout.js'
import { Module } from './nn/modules/module.js'
import { Optimizer } from './optim/optimizer.js'
import { Complex, FloatScalar } from './scalar.js'
import { TypedStorage, UntypedStorage } from './storage.js'
import { Tensor } from './tensor.js'

mark_classes([
  ...[Tensor, DType, Device, Layout, MemoryFormat, QScheme, Generator, Module, Optimizer],
  ...[OrderedDict, Distribution, Complex, FloatScalar, UntypedStorage, TypedStorage],
])
announce_copy()
