/** A piece of SQL and the values of its parameters, in their order. So that few statements are prepared for many constants. */
export class Fragment {
  readonly sql: string
  readonly values: readonly (string | number)[]

  constructor(sql: string, values: readonly (string | number)[]) {
    this.sql = sql
    this.values = values
  }
}

/** SQL with other fragments in it; a string or a number becomes a parameter. */
export function fragment(parts: TemplateStringsArray, ...inner: readonly (Fragment | string | number)[]): Fragment {
  const sql = parts.reduce((before, part, index) => {
    const between = inner[index - 1]
    return before + (between instanceof Fragment ? between.sql : '?') + part
  })
  return new Fragment(
    sql,
    inner.flatMap(one => (one instanceof Fragment ? one.values : [one])),
  )
}

export function joined(fragments: readonly Fragment[], between: string): Fragment {
  return new Fragment(
    fragments.map(({sql}) => sql).join(between),
    fragments.flatMap(({values}) => values),
  )
}
