import { InvalidArgumentError } from 'commander';

/**
 * Reads a whole number that is written in digits alone: no sign, no exponent, no unit.
 *
 * @returns a parser of arguments
 */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,16}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/**
 * Reads a number that is written in digits with or without a decimal point.
 *
 * @returns a parser of arguments
 */
export function decimalNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^(\d+\.?\d*|\.\d+)$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  };
}

/** Reads the name of a file. One that starts with a dash is an option whose file name was forgotten. */
export function fileName(text: string): string {
  if (text !== '' && !text.startsWith('-')) return text;
  throw new InvalidArgumentError('Expected the name of a file.');
}

/**
 * Reads whole numbers with commas between them, each written in digits alone.
 *
 * @returns a parser of arguments
 */
export function wholeNumbers(min: number, max: number): (text: string) => readonly number[] {
  const parse = wholeNumber(min, max);
  return (text) => {
    try {
      return text.split(',').map((part) => parse(part.trim()));
    } catch {
      throw new InvalidArgumentError(`Expected whole numbers from ${min} to ${max} with commas between them.`);
    }
  };
}

/**
 * Reads whole numbers with commas between them, each larger than the one before.
 *
 * @returns a parser of arguments
 */
export function ascendingNumbers(min: number, max: number): (text: string) => readonly number[] {
  const parse = wholeNumbers(min, max);
  return (text) => {
    const numbers = parse(text);
    if (numbers.every((number, index) => index === 0 || number > numbers[index - 1]!)) return numbers;
    throw new InvalidArgumentError('Expected each number once, in ascending order.');
  };
}

/** Reads names with commas between them. */
export function nameList(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Expected names with commas between them.');
}

/** Reads names with commas between them, and adds them to those of earlier uses of the option. */
export function moreNames(text: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), ...nameList(text)];
}
