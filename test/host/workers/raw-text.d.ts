/** A file as it stands, which the test runner puts in. */
declare module '*?raw' {
  const text: string
  export default text
}
