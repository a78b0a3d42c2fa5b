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
  expect(() => models.resnet18({ weights: models.ResNet18_Weights.DEFAULT })).toThrow(
    "torchvision.models.resnet18(weights='IMAGENET1K_V1') does so, and TORCH_HOME says where",
  )
  const prepared = models.ResNet18_Weights.DEFAULT.transforms()(torch.rand(3, 300, 280))
  expect(prepared.shape).toEqual([3, 224, 224])
})

describe('weights by name', () => {
  const makers = {
    resnet18: 'resnet18-f37072fd.pth',
    resnet34: 'resnet34-b627a593.pth',
    resnet50: 'resnet50-11ad3fa6.pth',
    resnet101: 'resnet101-cd907fc2.pth',
    resnet152: 'resnet152-f82ba261.pth',
    wide_resnet50_2: 'wide_resnet50_2-9ba9bcbe.pth',
    vgg11: 'vgg11-8a719046.pth',
    vgg11_bn: 'vgg11_bn-6002323d.pth',
    vgg13: 'vgg13-19584684.pth',
    vgg13_bn: 'vgg13_bn-abd245e5.pth',
    vgg16: 'vgg16-397923af.pth',
    vgg16_bn: 'vgg16_bn-6c64b313.pth',
    vgg19: 'vgg19-dcbb9e9d.pth',
    vgg19_bn: 'vgg19_bn-c79401a0.pth',
    vit_b_16: 'vit_b_16-c867db91.pth',
  } as const

  it.each(Object.entries(makers))("%s({ weights: 'DEFAULT' }) says where %s is looked for", (name, file) => {
    process.env['TORCH_HOME'] = '/no/such/folder'
    const make = models[name as keyof typeof makers]
    const model = (options: object) => () => make(options as never)
    expect(model({ weights: 'DEFAULT' })).toThrow(
      `${file} is not in /no/such/folder/hub/checkpoints, and nothing is`,
    )
    expect(model({ weights: 'DEFAULT' })).toThrow(`torchvision.models.${name}(weights='IMAGENET1K_V`)
    expect(model({ weights: 'DEFOULT' })).toThrow(/^'DEFOULT': the weights of .*did you mean 'DEFAULT'\?/)
    expect(model({ weights: 'DEFAULT', num_classes: 10 })).toThrow(
      "The parameter 'num_classes' expected value 1000 but got 10 instead.",
    )
    expect(model({ weights: 3 })).toThrow(`${name}(): argument 'weights' must be one of`)
    expect(model({ pretrained: true })).toThrow(`${name}() got an unexpected keyword argument 'pretrained'`)
    expect(model({ num_clases: 2 })).toThrow("'num_clases'; did you mean 'num_classes'?")
    const foreign = name === 'resnet18' ? models.VGG11_Weights : models.ResNet18_Weights
    expect(model({ weights: foreign.DEFAULT })).toThrow('Invalid Weight class provided; expected')
  })

  it("takes 'ResNet50_Weights.IMAGENET1K_V1', as Python", () => {
    expect(() => models.resnet50({ weights: 'ResNet50_Weights.IMAGENET1K_V1' })).toThrow(
      'resnet50-0676ba61.pth',
    )
    expect(models.ResNet50_Weights.DEFAULT).toBe(models.ResNet50_Weights.IMAGENET1K_V2)
  })

  it('refuses misspelt options of the classes', () => {
    expect(() => new models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], { gruops: 2 } as never)).toThrow(
      "ResNet() got an unexpected keyword argument 'gruops'; did you mean 'groups'?",
    )
    expect(() => new models.VGG(new torch.nn.Identity() as never, { droput: 0 } as never)).toThrow("'droput'")
    expect(() => new models.VisionTransformer({ patchsize: 2 } as never)).toThrow(
      "'patchsize'; did you mean 'patch_size'?",
    )
  })
})
