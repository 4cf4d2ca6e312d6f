import { z } from "zod";

/** SNS wraps a message for SQS in this, unless the subscription has raw delivery. */
const envelopeSchema = z.object({ Type: z.literal("Notification"), Message: z.string() });
const identifiedSchema = z.object({ id: z.string() });

/** A message of this program in a queue. */
export interface ArrivedMessage {
  readonly id: string;
  /** Its JSON, as it arrived. */
  readonly text: string;
}

/** Reads the body of a queue's message, with or without SNS's envelope; undefined for a message of somebody else. */
export function arrivedMessage(body: string): ArrivedMessage | undefined {
  const envelope = envelopeSchema.safeParse(parsed(body)).data;
  const text = envelope?.Message ?? body;
  const identified = identifiedSchema.safeParse(parsed(text)).data;
  return identified && { id: identified.id, text };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
