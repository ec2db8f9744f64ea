/** Colours of the pictures: those of Okabe and Ito, told apart by people who see fewer. */

/** Of text and axes. */
export const ink = '#333333';
export const paper = '#ffffff';
export const faint = '#e4e4e4';
/** Of steps that end after the deadline of their request. */
export const lateColor = '#d55e00';
/** Of text on a coloured area, by day and by night. */
export const inkOnColor = '#111111';

/** What replaces which colour where the reader prefers a dark page. */
const byNight: Readonly<Record<string, string>> = { [ink]: '#dde3ea', [paper]: '#161b22', [faint]: '#3a424c' };

export const shapeColors: Readonly<Record<string, string>> = {
  '256x256': '#56b4e9',
  '512x512': '#2bb58d',
  '1024x1024': '#f0b429',
  '2048x2048': '#d98cb3',
};

/** By degree: the more GPUs, the darker. */
export const degreeColors: Readonly<Record<number, string>> = {
  1: '#cfe5f5',
  2: '#8ec4e8',
  4: '#3d94cf',
  8: '#0072b2',
};

export const font = 'Helvetica, Arial, sans-serif';

/** A picture that is dark where the page is. */
export function readableByNight(svg: string): string {
  const rules = Object.entries(byNight).flatMap(([day, night]) =>
    ['fill', 'stroke'].map((property) => `[${property}="${day}"]{${property}:${night}}`),
  );
  return svg.replace('</svg>', `<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>\n</svg>\n`);
}
