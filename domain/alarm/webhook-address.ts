/**
 * The address in a file that holds a webhook's URL and nothing else. Such a URL often contains a token, so a caller's message
 * must not quote it.
 *
 * @returns what is wrong, without the content, when it is not one https URL.
 * @example webhookAddress("ftp://hooks.example\n") // → { problem: "it does not begin with https://" }
 */
export function webhookAddress(content: string): { readonly url: URL } | { readonly problem: string } {
  const text = content.trim();
  if (text === "") return { problem: "it is empty" };
  if (/\s/.test(text)) return { problem: "it holds more than one word" };
  if (!text.toLowerCase().startsWith("https://")) return { problem: "it does not begin with https://" };
  const url = URL.parse(text);
  if (url === null) return { problem: "it is not a URL" };
  if (url.username !== "" || url.password !== "")
    return { problem: "a user or a password in the URL is not supported" };
  return { url };
}
