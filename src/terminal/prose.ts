/** Text that is broken where it suits the source: paragraphs stay apart, the lines of each become one for the terminal to break. */
export function prose(strings: TemplateStringsArray, ...values: readonly unknown[]): string {
  return String.raw({raw: strings.raw}, ...values).replaceAll(/(?<!\n)\n(?!\n)/g, ' ')
}
