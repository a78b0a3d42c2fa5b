import * as torch from 'typetorch'
import { vision } from 'typetorch'
import { describe, expect, it } from 'vitest'
import { compare_recorded, state } from './recorded.js'

const { models } = vision
const scores = (model: torch.nn.Module & ((x: torch.Tensor) => torch.Tensor), ...shape: number[]) => {
  model.eval()
  return torch.no_grad(() => model(torch.rand(shape)))
}

describe('weights under a seed, and scores, as torchvision', () => {
  compare_recorded([
    ['state(models.resnet18())', () => state(models.resnet18())],
    ['state(models.resnet34(num_classes=10))', () => state(models.resnet34({ num_classes: 10 }))],
    [
      'state(models.resnet50(zero_init_residual=True))',
      () => state(models.resnet50({ zero_init_residual: true })),
    ],
    [
      'state(models.resnet50(replace_stride_with_dilation=[False, True, True]))',
      () => state(models.resnet50({ replace_stride_with_dilation: [false, true, true] })),
    ],
    ['list(models.wide_resnet50_2().state_dict())', () => models.wide_resnet50_2().state_dict().keys()],
    ['state(models.vgg19(num_classes=3))', () => state(models.vgg19({ num_classes: 3 }))],
    [
      'list(models.vgg16_bn(init_weights=False).features.state_dict())',
      () => models.vgg16_bn({ init_weights: false }).features.state_dict().keys(),
    ],
    ['state(models.vit_b_16())', () => state(models.vit_b_16())],
    ['scores(models.resnet18(), 2, 3, 40, 40)', () => scores(models.resnet18(), 2, 3, 40, 40)],
    ['scores(models.resnet50(), 1, 3, 64, 64)', () => scores(models.resnet50(), 1, 3, 64, 64)],
    [
      'scores(models.resnet50(replace_stride_with_dilation=[False, True, True]), 1, 3, 64, 64)',
      () => scores(models.resnet50({ replace_stride_with_dilation: [false, true, true] }), 1, 3, 64, 64),
    ],
    [
      'scores(models.vit_b_16(image_size=32, representation_size=8).encoder, 2, 5, 768)',
      () => scores(models.vit_b_16({ image_size: 32, representation_size: 8 }).encoder, 2, 5, 768),
    ],
    ['str(models.resnet18())', () => String(models.resnet18())],
    ['models.vit_b_16(image_size=30)', () => models.vit_b_16({ image_size: 30 })],
    ['str(torchvision.ops.misc.FrozenBatchNorm2d(4))', () => String(new vision.ops.FrozenBatchNorm2d(4))],
    [
      'torchvision.ops.misc.FrozenBatchNorm2d(4)(torch.randn(2, 4, 3, 3))',
      () => new vision.ops.misc.FrozenBatchNorm2d(4)(torch.randn(2, 4, 3, 3)),
    ],
  ])
})

it('starts from a state, or says where weights are looked for', () => {
  const model = models.resnet18({ num_classes: 2 })
  const copy = models.resnet18({ num_classes: 2, weights: model.state_dict() })
  expect(state(copy)).toEqual(state(model))
  process.env['TORCH_HOME'] = '/no/such/folder'
  expect(() => models.resnet18({ weights: models.ResNet18_Weights.DEFAULT })).toThrow(
    'resnet18-f37072fd.pth is not in /no/such/folder/hub/checkpoints, and nothing is downloaded',
  )
  const prepared = models.ResNet18_Weights.DEFAULT.transforms()(torch.rand(3, 300, 280))
  expect(prepared.shape).toEqual([3, 224, 224])
})
