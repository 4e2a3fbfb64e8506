import { z } from 'zod'

// zod compiles schemas with `new Function` where it can; the page's CSP forbids that and would report the attempt.
// This must be the first import of the page: schemas look at the setting when they are made.
z.config({ jitless: true })
