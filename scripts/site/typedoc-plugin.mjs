/**
 * What TypeDoc is told beside typedoc.json: guides in the order of their list, called by their headings and without front matter, which code
 * hosts would show; entry points by the names they are imported by; and exports filed under the headings of their entry point.
 */
import { Comment, CommentTag, Converter, JSX, ReflectionKind } from 'typedoc';
import { entryPoints, manifest } from '../entry-points.mjs';
import { listFile, readGuides, titleOf } from './guides.mjs';
import { readSections } from './sections.mjs';

/** @param {import('typedoc').Application} app */
export function load(app) {
  const listed = readGuides();
  const guides = [{ file: listFile, group: listed[0]?.group ?? '' }, ...listed];
  const sectionsBySubpath = new Map(entryPoints.map(({ subpath, source }) => [subpath, readSections(source)]));
  const sections = [...sectionsBySubpath.values()].flatMap((names) => [...names.values()]);

  app.on('bootstrapEnd', () => {
    app.options.setValue(
      'projectDocuments',
      guides.map(({ file }) => file),
    );
    const groups = guides.map(({ group }) => group);
    app.options.setValue('groupOrder', [...new Set([...groups, 'Modules', ...sections, '*'])]);
  });

  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const path = document.project.files.getReflectionPath(document) ?? '';
    document.name = titleOf(Comment.combineDisplayParts(document.content)) ?? document.name;
    const guide = guides.find(({ file }) => path.endsWith(`/${file}`));
    if (guide !== undefined) document.frontmatter['group'] = guide.group;
  });

  // Guides are open in the navigation until somebody closes them.
  app.renderer.hooks.on('head.begin', () => {
    const keys = [...new Set(guides.map(({ group }) => `tsd-accordion-${group}`))];
    const html = `try{for(const key of ${JSON.stringify(keys)})localStorage[key]??='true'}catch{}`;
    return JSX.createElement('script', null, JSX.createElement(JSX.Raw, { html }));
  });

  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    // The page has the name of the package as its title.
    const [first] = project.readme ?? [];
    if (first !== undefined) first.text = first.text.replace(/^# .+\n+/, '');
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
      const subpath = module.name === '' ? '.' : `./${module.name}`;
      module.name = `${manifest.name}${subpath.slice(1)}`;
      const names = sectionsBySubpath.get(subpath) ?? new Map();
      for (const reflection of module.children ?? []) file(reflection, names.get(reflection.name));
    }
  });
}

/**
 * Files an export under a heading.
 *
 * @param {import('typedoc').DeclarationReflection} reflection
 * @param {string | undefined} group
 */
function file(reflection, group) {
  if (group === undefined) return;
  const documented = reflection.signatures?.[0] ?? reflection;
  documented.comment ??= new Comment();
  documented.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: group }]));
}
