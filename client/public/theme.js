// Before the first paint: a theme that the person chose, so that no other one flashes up.
try {
  const theme = localStorage.getItem('gendr.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden; the system's theme is shown then.
}
