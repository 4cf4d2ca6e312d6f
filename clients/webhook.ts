/** What came of one POST. It never contains the address, which may hold a token, nor what the receiver answered. */
export type WebhookAnswer = { readonly status: number } | { readonly failed: string };

/** Posts one JSON text. Tests replace it. */
export type PostWebhook = (url: URL, body: string, signal: AbortSignal) => Promise<WebhookAnswer>;

const answerSeconds = 10;

/** The real one. A redirect is an answer, and is not followed: it would carry the message to another receiver. */
export const postWebhook: PostWebhook = async (url, body, signal) => {
  const limit = AbortSignal.timeout(answerSeconds * 1000);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, limit]),
    });
    await response.body?.cancel();
    return { status: response.status };
  } catch (error) {
    signal.throwIfAborted();
    return { failed: limit.aborted ? `no answer within ${answerSeconds} s` : failureCode(error) };
  }
};

/** The system's or TLS's code alone: messages of these errors name the host. */
function failureCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : "the request failed";
}
