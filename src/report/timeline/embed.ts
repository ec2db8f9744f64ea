/**
 * A value as JSON that may stand inside a `<script>` element. Ids come from users: no text in it can end the element or open a
 * comment, as it holds no `<`; nor is there a line separator, at which older readers of scripts break off.
 */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => entities[char]!);
}
