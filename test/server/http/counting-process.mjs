/** In place of the process that decodes pictures: says of each how many it had open when it came. */
let open = 0
process.on('message', ({ id }) => {
  open += 1
  const answer = { width: open }
  setTimeout(() => {
    open -= 1
    process.send({ id, answer })
  }, 5)
})
process.on('disconnect', () => process.exit())
