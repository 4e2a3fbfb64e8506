// A runner that is never ready.
process.on('disconnect', () => process.exit())
