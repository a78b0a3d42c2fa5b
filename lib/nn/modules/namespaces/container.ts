// torch.nn.modules.container

export { Container, ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential } from '../index.js'
