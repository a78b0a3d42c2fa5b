export { type AssertCloseOptions, assert_close } from './_comparison.js'
export { type MakeTensorOptions, make_tensor } from './_creation.js'
