import {configureGlobal} from 'fast-check'

// The same examples in every run, so that a change that passes goes on passing; the long run looks further.
if (process.env.LITEFEED_FUZZ !== 'long') configureGlobal({seed: 1})
