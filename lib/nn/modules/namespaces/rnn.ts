// torch.nn.modules.rnn

export { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNBase, RNNCell, RNNCellBase } from '../index.js'
export { apply_permutation } from '../rnn_base.js'
