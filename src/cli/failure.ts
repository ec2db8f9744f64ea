/** Something went wrong that the user's input is not to blame for. Exit code 1. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
}
