"""Makes the cases of cases.ts as subjects.ts does, goes on from states, and saves them again."""
import json
import struct
import sys
import warnings

import torch
from torch.optim import lr_scheduler as S
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn

warnings.simplefilter('ignore')
torch.set_num_threads(1)

FUNCTIONS = {'inverse': lambda e: 1 / (e + 1), 'constant': lambda e: 0.95, 'root': lambda x: 0.5 / (x + 1)}
METRICS = [5, 4, 4, 4, 4, 3, 3, 3.5, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1]
SHAPES = {'dense': [[4, 3], [5], []], 'bfloat16': [[4, 3], [5]], 'matrix': [[4, 3], [2, 5]], 'sparse': [[4, 3], [4, 3]]}


def bits(value):
    if isinstance(value, (int, float)):
        return struct.pack('<d', float(value)).hex()
    if isinstance(value, torch.Tensor):
        return bytes(value.detach().contiguous().reshape(-1).view(torch.uint8).tolist()).hex()
    return [bits(item) for item in value]


def revive(value):
    if isinstance(value, dict):
        return FUNCTIONS[value['fn']] if 'fn' in value else torch.tensor(value['t'])
    return value


def options(case):
    return {name: revive(value) for name, value in case.get('args', {}).items()}


def put(params, values):
    with torch.no_grad():
        for param, value in zip(params, values):
            param.copy_(value)


class Optimizer:
    def __init__(self, case):
        self.kind = case.get('params', 'dense')
        torch.manual_seed(0)
        dtype = torch.bfloat16 if self.kind == 'bfloat16' else torch.float32
        self.params = [torch.randn(shape, dtype=dtype).requires_grad_() for shape in SHAPES[self.kind]]
        self.name = case['of'].split('.')[-1]
        groups = self.params if self.name == 'LBFGS' else [{'params': self.params[:1]}, {'params': self.params[1:]}]
        self.optimizer = getattr(torch.optim, self.name)(groups, **options(case))

    def closure(self):
        self.optimizer.zero_grad()
        loss = torch.tensor(0.)
        for p in self.params:
            loss = loss + ((p * p - 1).pow(2).sum() + (p * 0.5).sum())
        loss.backward()
        return loss

    def gradient(self, param):
        if self.kind != 'sparse':
            return torch.randn(param.shape, dtype=param.dtype)
        return torch.sparse_coo_tensor(torch.tensor([[0, 3, 3]]), torch.randn(3, 3), [4, 3])

    def step(self, i):
        torch.manual_seed(100 + i)
        if self.name == 'LBFGS':
            self.optimizer.step(self.closure)
        else:
            for param in self.params:
                param.grad = self.gradient(param)
            self.optimizer.step()
        return bits(self.params)

    def state(self):
        return {'optimizer': self.optimizer.state_dict(), 'params': [param.detach() for param in self.params]}

    def load(self, state):
        self.optimizer.load_state_dict(state['optimizer'])
        put(self.params, state['params'])


def make_schedule(name, optimizer, args):
    if 'schedulers' in args:
        parts = [make_schedule(part, optimizer, own) for part, own in args['schedulers']]
        return S.SequentialLR(optimizer, parts, args['milestones']) if name == 'SequentialLR' else S.ChainedScheduler(parts)
    made = SWALR if name == 'SWALR' else getattr(S, name)
    return made(optimizer, **{key: revive(value) for key, value in args.items()})


class Schedule:
    def __init__(self, case):
        groups = [{'params': [torch.zeros(1, requires_grad=True)], 'lr': lr} for lr in (0.05, 0.02)]
        self.is_adam = case.get('optimizer') == 'Adam'
        self.optimizer = torch.optim.Adam(groups) if self.is_adam else torch.optim.SGD(groups, momentum=0.9)
        self.schedule = make_schedule(case['of'].split('.')[-1], self.optimizer, case['args'])
        self.by = case.get('step')

    def step(self, i):
        self.optimizer.step()
        given = {'metric': [METRICS[i]], 'epoch': [i + 1], None: []}[self.by]
        self.schedule.step(*given)
        return bits([[g['lr'], g['betas'][0] if self.is_adam else g['momentum']] for g in self.optimizer.param_groups])

    def state(self):
        return {'optimizer': self.optimizer.state_dict(), 'schedule': self.schedule.state_dict()}

    def load(self, state):
        self.optimizer.load_state_dict(state['optimizer'])
        self.schedule.load_state_dict(state['schedule'])


class Scaler:
    def __init__(self, case):
        self.scaler = torch.amp.GradScaler('cpu', **options(case))
        self.param = torch.ones(3, requires_grad=True)
        self.optimizer = torch.optim.SGD([self.param], lr=0.1, momentum=0.9)

    def step(self, i):
        self.scaler.scale(self.param.sum()).backward()
        torch.manual_seed(i)
        self.param.grad = torch.randn(3) * self.scaler.get_scale()
        if i % 7 in (2, 3):
            self.param.grad = self.param.grad / 0
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return bits([self.param, self.scaler.get_scale()])

    def state(self):
        return {'scaler': self.scaler.state_dict(), 'optimizer': self.optimizer.state_dict(), 'param': self.param.detach()}

    def load(self, state):
        self.scaler.load_state_dict(state['scaler'])
        self.optimizer.load_state_dict(state['optimizer'])
        put([self.param], [state['param']])


class Generator:
    def __init__(self, case):
        self.generator = torch.Generator().manual_seed(3)

    def step(self, i):
        g = self.generator
        return bits([
            torch.randn([3], generator=g), torch.randperm(5, generator=g), torch.ones(3).normal_(generator=g),
            torch.randint(0, 1000, [2], generator=g),
        ])

    def state(self):
        return self.generator.get_state()

    def load(self, state):
        self.generator.set_state(state)


class Averaged:
    def __init__(self, case):
        torch.manual_seed(0)
        self.model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        args = dict(case['args'])
        if 'decay' in args:
            args['multi_avg_fn'] = get_ema_multi_avg_fn(args.pop('decay'))
        self.averaged = AveragedModel(self.model, **args)

    def step(self, i):
        torch.manual_seed(200 + i)
        self.model(torch.randn(4, 3))
        with torch.no_grad():
            for param in self.model.parameters():
                param.add_(torch.randn(param.shape))
        self.averaged.update_parameters(self.model)
        return bits([*self.averaged.parameters(), *self.averaged.buffers()])

    def state(self):
        return {'model': self.model.state_dict(), 'averaged': self.averaged.state_dict()}

    def load(self, state):
        self.model.load_state_dict(state['model'])
        self.averaged.load_state_dict(state['averaged'])


class Unknown:
    """What Python has no class for: its state goes through."""

    def __init__(self, case):
        self.saved = None

    def load(self, state):
        self.saved = state

    def state(self):
        return self.saved

    def step(self, i):
        return None


KINDS = {
    'optimizer': Optimizer, 'schedule': Schedule, 'scaler': Scaler, 'generator': Generator, 'averaged': Averaged,
    'ours': Unknown,
}


def shape_of(value):
    """The types of a state, as far as they matter to who reads it."""
    if isinstance(value, dict):
        return [type(value).__name__, {repr(key): shape_of(item) for key, item in value.items()}]
    if isinstance(value, (list, tuple)):
        return ['sequence', [shape_of(item) for item in value]]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return 'number'
    return type(value).__name__


def main():
    job = json.load(sys.stdin)
    cases = job['cases']
    # From the beginning, with a state saved on the way.
    whole, middle = {}, {}
    for case in cases:
        if case['kind'] == 'ours':
            continue
        subject = KINDS[case['kind']](case)
        seen = []
        for i in range(job['end']):
            if i == job['first']:
                # A file, as the subject goes on with the same tensors.
                torch.save(subject.state(), job['scratch'])
                middle[case['name']] = torch.load(job['scratch'], weights_only=True)
            seen.append(subject.step(i))
        whole[case['name']] = seen
    torch.save(middle, job['middle'])
    # From what was saved in TypeScript.
    states = torch.load(job['from'], weights_only=True)
    # Some take what they load apart.
    shapes = {name: [shape_of(state), shape_of(middle[name])] for name, state in states.items() if name in middle}
    later, seen = {}, {}
    for case in cases:
        name = case['name']
        subject = KINDS[case['kind']](case)
        subject.load(states[name])
        seen[name] = [subject.step(i) for i in range(job['first'], job['second'])]
        later[name] = subject.state()
    torch.save(later, job['later'])
    print(json.dumps({'whole': whole, 'seen': seen, 'shapes': shapes}))


main()
