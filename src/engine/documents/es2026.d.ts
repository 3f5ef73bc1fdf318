// JSON.rawJSON and the source text given to a reviver: in Node since 21, not yet in TypeScript's library.
// https://github.com/tc39/proposal-json-parse-with-source
interface JSON {
  rawJSON(text: string): object
  isRawJSON(value: unknown): value is {readonly rawJSON: string}
  parse(text: string, reviver: (key: string, value: unknown, context: {source?: string}) => unknown): unknown
}
