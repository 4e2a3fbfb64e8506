/** In place of the process that decodes pictures: says of each how many it had open when it came; never ends with one that is reduced. */
let open = 0
process.on('message', ({ id, request }) => {
  if (request.kind === 'reduced') return
  open += 1
  const answer = { width: open }
  setTimeout(() => {
    open -= 1
    process.send({ id, answer })
  }, 5)
})
process.on('disconnect', () => process.exit())
