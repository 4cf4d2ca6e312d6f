import type { DrillClient } from "../../clients/kubernetes/drill.ts";
import type { ExecResult } from "../../clients/kubernetes/exec.ts";
import { startSchema } from "../../domain/drill/clone.ts";
import {
  drillLease,
  drillNamespace,
  leaseSchema,
  namespaceSchema,
  type DrillOrigin,
  type FoundLease,
  type FoundNamespace,
} from "../../domain/drill/namespace.ts";
import { podSchema } from "../../domain/harbor/objects.ts";

/** The namespaces of a Kubernetes cluster, and the one Pod of a drill, which answers with whatever was set before. */
export class FakeDrills implements DrillClient {
  readonly context = "test";
  readonly namespaces = new Map<string, FoundNamespace>();
  readonly leases = new Map<string, FoundLease>();
  /** Every write, in order. */
  readonly writes: string[] = [];
  /** Every object that was created in a drill's namespace. */
  readonly objects: object[] = [];
  /** Called before each write; may throw. */
  onWrite: (write: string) => void = () => undefined;
  onExec: (command: string, stdin: string) => string | ExecResult = () => "";
  /** The Pod's status and role; undefined when it does not exist. */
  pod: { readonly role?: string; readonly running: boolean; readonly status?: object } | undefined = {
    role: "master",
    running: true,
  };
  /** A namespace stays as long as this is true, as one with an object that cannot be removed. */
  staysForever = false;

  /** A drill that somebody else has begun. */
  add(origin: DrillOrigin, lease: { holder: string; renewed: number } | undefined, uid = `uid-${origin.id}`): string {
    const { metadata } = drillNamespace(origin);
    const { name } = metadata;
    const creationTimestamp = "2026-11-20T00:00:00Z";
    this.namespaces.set(name, namespaceSchema.parse({ metadata: { ...metadata, uid, creationTimestamp } }));
    if (lease !== undefined)
      this.leases.set(name, leaseSchema.parse(drillLease(origin.id, lease.holder, new Date(lease.renewed))));
    return name;
  }

  #write(write: string): void {
    this.onWrite(write);
    this.writes.push(write);
  }

  createNamespace: DrillClient["createNamespace"] = async (namespace) => {
    const { name } = namespace.metadata;
    this.#write(`create ${name}`);
    const metadata = { ...namespace.metadata, uid: `uid of ${name}`, creationTimestamp: "2026-11-21T01:00:00Z" };
    const found = namespaceSchema.parse({ metadata });
    this.namespaces.set(name, found);
    return Promise.resolve(found);
  };
  getNamespace: DrillClient["getNamespace"] = (name) => Promise.resolve(this.namespaces.get(name));
  listNamespaces: DrillClient["listNamespaces"] = () => Promise.resolve([...this.namespaces.values()]);
  deleteNamespace: DrillClient["deleteNamespace"] = async ({ name, uid }) => {
    this.#write(`delete ${name}`);
    if (this.namespaces.get(name)?.uid === uid && !this.staysForever) this.namespaces.delete(name);
    return Promise.resolve();
  };
  createObject: DrillClient["createObject"] = async (_namespace, { resource, object }) => {
    this.#write(`create ${resource}`);
    this.objects.push(object);
    return Promise.resolve();
  };
  getLease: DrillClient["getLease"] = (namespace) => Promise.resolve(this.leases.get(namespace));
  applyLease: DrillClient["applyLease"] = async (namespace, lease) => {
    this.#write("apply lease");
    this.leases.set(namespace, leaseSchema.parse(lease));
    return Promise.resolve();
  };
  getPod: DrillClient["getPod"] = (namespace) => {
    if (this.pod === undefined) return Promise.resolve(undefined);
    const { role, running, status = {} } = this.pod;
    const state = running ? { running: {} } : {};
    const object = {
      metadata: { namespace, name: "drill-0", uid: "p", labels: role === undefined ? {} : { "spilo-role": role } },
      spec: { containers: [] },
      status: { phase: "Running", containerStatuses: [{ name: "postgres", state }], ...status },
    };
    return Promise.resolve({ pod: podSchema.parse(object), start: startSchema.parse(object) });
  };
  exec: DrillClient["exec"] = (_container, argv, { stdin = "" }) => {
    const answer = this.onExec(argv.join(" "), stdin);
    return Promise.resolve(
      typeof answer === "string" ? { end: "exited", code: 0, stdout: answer, stderr: "" } : answer,
    );
  };
}
