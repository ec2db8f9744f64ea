import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import GithubSlugger from 'github-slugger';
import { describe, expect, test } from 'vitest';
import { listFile, readGuides } from '../../scripts/site/guides.mjs';
import { pageFiles, readPage } from '../../scripts/site/markdown.mjs';

const pages = new Map(
  [...pageFiles, 'src/backends/cuda/worker/PROTOCOL.md', 'models/shapes-dit/README.md'].map((file) => [
    file,
    readPage(file),
  ]),
);

/** The anchors that a code host makes of the headings of a page. */
function anchorsOf(file: string): ReadonlySet<string> {
  const slugger = new GithubSlugger();
  return new Set(pages.get(file)!.headings.map((heading) => slugger.slug(heading)));
}

/** What is wrong with a link; `undefined` if nothing is. */
function problemOf(page: string, link: string): string | undefined {
  if (/^https:\/\/[\w.-]+\.[a-z]+(\/\S*)?$/.test(link)) return undefined;
  if (/^[a-z]+:/.test(link)) return 'it is of a kind that we do not use';
  const [path = '', anchor] = decodeURI(link).split('#');
  const file = path === '' ? page : posix.join(posix.dirname(page), path);
  if (file.startsWith('..') || !existsSync(file)) return `there is no ${file}`;
  if (!statSync(file).isFile()) return `${file} is no file, which the site cannot show`;
  if (anchor === undefined) return undefined;
  if (!pages.has(file)) return `nobody knows the anchors of ${file}`;
  return anchorsOf(file).has(anchor) ? undefined : `${file} has no heading for #${anchor}`;
}

describe('links', () => {
  const links = [...pages.values()].flatMap(({ file, links: own }) => own.map((link) => ({ file, link })));

  test('are found', () => {
    expect(links.length).toBeGreaterThan(100);
  });

  test('lead somewhere', () => {
    const broken = links.map(({ file, link }) => ({ file, link, problem: problemOf(file, link) }));
    expect(broken.filter(({ problem }) => problem !== undefined)).toEqual([]);
  });

  test.each(['nowhere.md', 'concepts.md#nowhere', '#nowhere', '../../outside.md', '../docs', 'ftp://example.org'])(
    '%s would be found broken',
    (link) => {
      expect(problemOf('docs/README.md', link)).toBeTypeOf('string');
    },
  );
});

describe('the list of guides', () => {
  const listed = readGuides().map(({ file }) => file);

  test('has every page but the README and itself, once', () => {
    expect(listed.toSorted()).toEqual(pageFiles.filter((file) => file !== 'README.md' && file !== listFile).toSorted());
  });

  test('has a group for each', () => {
    expect(readGuides().filter(({ group }) => group === '')).toEqual([]);
  });
});

test.each([...pages.values()])('$file has one title, and pictures with words', ({ file, text }) => {
  expect(text.replace(/^```[^]*?^```/gm, '').match(/^# /gm)).toHaveLength(1);
  const silent = [...text.matchAll(/!\[\]\(/g)];
  expect({ file, silent: silent.length }).toEqual({ file, silent: 0 });
});
