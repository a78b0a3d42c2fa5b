"""Answers of torch.distributions to the cases given as JSON on standard input: see reference.ts."""
import json
import re
import sys
import warnings

import torch
import torch.distributions as D

warnings.simplefilter('ignore')


def revive(value, leaves=None):
    if isinstance(value, dict):
        if 't' in value:
            tensor = torch.tensor(value['t'], dtype=getattr(torch, value.get('dtype', 'float32')))
            if leaves is not None and tensor.is_floating_point():
                leaves.append(tensor.requires_grad_())
            return tensor
        if 'd' in value:
            return make(value['d'], leaves)
        if 'T' in value:
            return transform(value['T'], leaves)
        if 'list' in value:
            return [revive(item, leaves) for item in value['list']]
        if 'tuple' in value:
            return tuple(value['tuple'])
    return value


def make(spec, leaves=None):
    name, args = spec
    return getattr(D, name)(**{key: revive(value, leaves) for key, value in args.items()})


def transform(spec, leaves=None):
    name, args = spec
    if name == 'inv':
        return revive(args['of'], leaves).inv
    if name == 'biject_to' or name == 'transform_to':
        return getattr(D, name)(constraint(args['constraint']))
    return getattr(D.transforms, name)(**{key: revive(value, leaves) for key, value in args.items()})


def constraint(spec):
    if isinstance(spec, str):
        return getattr(D.constraints, spec)
    name, args = spec
    return getattr(D.constraints, name)(*[constraint(a['c']) if isinstance(a, dict) and 'c' in a else revive(a) for a in args])


def show(value):
    if isinstance(value, torch.Tensor):
        value = value.detach().contiguous()
        raw = value.numpy()
        text = raw.tobytes().hex()
        if value.is_floating_point():
            # One pattern for all that is not a number.
            clean = torch.where(value.isnan(), torch.full_like(value, 0), value)
            text = clean.numpy().tobytes().hex() + '/' + value.isnan().numpy().tobytes().hex()
        return [str(value.dtype), list(value.shape), text]
    if isinstance(value, (list, tuple)):
        return list(value)
    return value


def attempt(call):
    try:
        return show(call())
    except Exception as error:  # noqa: BLE001
        # A class goes by its name; a line of Python continued inside a text leaves its indentation there.
        message = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r'\1', str(error).split('\n')[0])
        message = re.sub(' {5,}', ' ', message)
        return {'error': type(error).__name__, 'message': message}


def distribution(case):
    leaves = []
    d = make(case['d'], leaves)
    out = {'repr': repr(d), 'batch_shape': list(d.batch_shape), 'event_shape': list(d.event_shape)}
    out['has_rsample'], out['has_enumerate_support'] = bool(d.has_rsample), bool(d.has_enumerate_support)
    out['support'] = attempt(lambda: repr(d.support))
    torch.manual_seed(case['seed'])
    sample = d.sample((4,))
    out['sample'] = show(sample)
    value = revive(case['value']) if 'value' in case else sample
    out['log_prob'] = attempt(lambda: d.log_prob(value))
    out['cdf'] = attempt(lambda: d.cdf(value))
    out['icdf'] = attempt(lambda: d.icdf(torch.full_like(sample, 0.3)))
    for name in ('mean', 'mode', 'variance', 'stddev'):
        out[name] = attempt(lambda: getattr(d, name))
    out['entropy'] = attempt(lambda: d.entropy())
    out['perplexity'] = attempt(lambda: d.perplexity())
    out['enumerate_support'] = attempt(lambda: d.enumerate_support())
    out['enumerate_support_not_expanded'] = attempt(lambda: d.enumerate_support(expand=False))

    def gradients(result):
        return [show(g) if g is not None else None for g in torch.autograd.grad(result.sum(), leaves, allow_unused=True)]

    torch.manual_seed(case['seed'])
    out['rsample'] = attempt(lambda: d.rsample((3,)))
    if leaves:
        torch.manual_seed(case['seed'])
        out['rsample_gradients'] = attempt(lambda: gradients(d.rsample((3,))))
        out['log_prob_gradients'] = attempt(lambda: gradients(d.log_prob(value)))
    e = d.expand(torch.Size((2,)) + d.batch_shape)
    out['expanded'] = repr(e)
    torch.manual_seed(case['seed'])
    out['expanded_sample'] = attempt(lambda: e.sample())
    out['expanded_log_prob'] = attempt(lambda: e.log_prob(value[:2]))
    out['expanded_mean'] = attempt(lambda: e.mean)
    return out


def kl(case):
    leaves = []
    p, q = make(case['kl'][0], leaves), make(case['kl'][1], leaves)
    out = {'value': attempt(lambda: D.kl_divergence(p, q))}
    out['gradients'] = attempt(lambda: [
        show(g) if g is not None else None
        for g in torch.autograd.grad(D.kl_divergence(p, q).sum(), leaves, allow_unused=True)
    ])
    return out


def of_transform(case):
    t = transform(case['T'])
    x = revive(case['x'])
    out = {'repr': repr(t), 'bijective': bool(t.bijective), 'domain': attempt(lambda: repr(t.domain)), 'codomain': attempt(lambda: repr(t.codomain))}
    out['sign'] = attempt(lambda: t.sign)
    y = t(x)
    out['y'] = show(y)
    out['x'] = attempt(lambda: t.inv(y))
    out['jacobian'] = attempt(lambda: t.log_abs_det_jacobian(x, y))
    out['inverse_jacobian'] = attempt(lambda: t.inv.log_abs_det_jacobian(y, x))
    out['forward_shape'] = attempt(lambda: list(t.forward_shape(x.shape)))
    out['inverse_shape'] = attempt(lambda: list(t.inverse_shape(y.shape)))
    out['event_dim'] = attempt(lambda: t.event_dim)
    return out


def of_constraint(case):
    c = constraint(case['c'])
    return {'repr': repr(c), 'is_discrete': bool(c.is_discrete), 'event_dim': c.event_dim, 'check': attempt(lambda: c.check(revive(case['x'])))}


def error(case):
    try:
        d = make(case['error'])
        d.log_prob(revive(case['value']))
    except Exception as e:  # noqa: BLE001
        return {'error': type(e).__name__, 'message': str(e)}
    return None


torch.set_num_threads(1)
kinds = {'d': distribution, 'kl': kl, 'T': of_transform, 'c': of_constraint, 'error': error}
print(json.dumps([next(run for kind, run in kinds.items() if kind in case)(case) for case in json.load(sys.stdin)]))
