// torch.nn.modules.dropout

export { _DropoutNd } from '../dropout.js'
export { AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout } from '../index.js'
