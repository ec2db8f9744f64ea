/**
 * A package that is optional; `undefined` if it is not installed.
 *
 * @param load - imports it
 * @throws whatever else is wrong with it: told to install what they have, people would look in the wrong place
 */
export async function ifInstalled<T>(name: string, load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    if (isMissing(error, name)) return undefined;
    throw error;
  }
}

/** The same code stands for files and packages that the package itself asks for in vain, so that the name has to be looked for as well. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ERR_MODULE_NOT_FOUND' && error.message.startsWith(`Cannot find package '${name}'`);
}
