import type { AlarmMessage, Delivery } from "../../domain/alarm/message.ts";

/** Something that takes messages, such as a webhook. */
export interface Sink {
  /** For people, without a secret. */
  readonly name: string;
  /** @throws RecoveryError when the sink did not accept the message. */
  readonly deliver: (message: AlarmMessage) => Promise<Delivery>;
}
