import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthorizationV1Api, CoreV1Api, KubernetesObjectApi } from "@kubernetes/client-node";
import { roleRules, type Permission } from "../../domain/kubernetes/permissions.ts";
import { client, create } from "../../sandbox/kubernetes/client.ts";
import type { Context } from "../../sandbox/pgo/inventory.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { sandboxEnvironment } from "./sandbox.ts";

const namespace = "default";
const rbac = { apiGroup: "rbac.authorization.k8s.io" };

/** Service accounts of a real API server, each with a real token and exactly the given permissions. */
export class RestrictedUsers {
  readonly #context: string;
  readonly #admin: string;
  readonly #directory: string;

  private constructor(context: string, admin: string, directory: string) {
    this.#context = context;
    this.#admin = admin;
    this.#directory = directory;
  }

  /** Users of the tests' sandbox. */
  static async of(context: Context): Promise<RestrictedUsers> {
    const { KUBECONFIG = "" } = await sandboxEnvironment();
    return RestrictedUsers.in(context, KUBECONFIG);
  }

  /** Users of any API server, by an administrator's kubeconfig. */
  static async in(context: string, kubeconfig: string): Promise<RestrictedUsers> {
    return new RestrictedUsers(context, kubeconfig, await mkdtemp(join(tmpdir(), "postgres-recovery-users-")));
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }

  /**
   * The kubeconfig of a new user.
   *
   * @param only the only namespace in which the user has the permissions. Default: all.
   */
  async kubeconfig(user: string, held: readonly Permission[], only?: string): Promise<string> {
    const config = client(this.#admin, this.#context);
    const objects = KubernetesObjectApi.makeApiClient(config);
    const metadata = { name: user, ...(only !== undefined && { namespace: only }) };
    const kind = only === undefined ? "ClusterRole" : "Role";
    const apiVersion = `${rbac.apiGroup}/v1`;
    const subjects = [{ kind: "ServiceAccount", name: user, namespace }];
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: user, namespace } };
    const role = { apiVersion, kind, metadata, rules: roleRules(held) };
    const binding = { apiVersion, kind: `${kind}Binding`, metadata, roleRef: { ...rbac, kind, name: user }, subjects };
    for (const object of [account, role, binding]) await create(objects, object);
    for (const permission of held) await this.#effective(user, permission, only);

    const request = { name: user, namespace, body: { spec: { audiences: [], expirationSeconds: 3600 } } };
    const { status } = await config.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken(request);
    const cluster = config.getCurrentCluster();
    const file = join(this.#directory, `${user}.kubeconfig`);
    const content = {
      "current-context": this.#context,
      clusters: [{ name: "c", cluster: { server: cluster?.server, "certificate-authority": cluster?.caFile } }],
      contexts: [{ name: this.#context, context: { cluster: "c", user } }],
      users: [{ name: user, user: { token: status?.token } }],
    };
    await writeFile(file, JSON.stringify(content), { mode: 0o600 });
    return file;
  }

  /** Waits until a new role takes effect, because the API server notices it a moment later. */
  async #effective(
    user: string,
    { apiGroup, resource, verbs, objectName }: Permission,
    only: string | undefined,
  ): Promise<void> {
    const authorization = client(this.#admin, this.#context).makeApiClient(AuthorizationV1Api);
    const [name, subresource] = resource.split("/");
    for (const verb of verbs) {
      const resourceAttributes = {
        group: apiGroup,
        verb,
        ...(name !== undefined && { resource: name }),
        ...(subresource !== undefined && { subresource }),
        ...(objectName !== undefined && { name: objectName }),
        ...(only !== undefined && { namespace: only }),
      };
      const question = { body: { spec: { user: `system:serviceaccount:${namespace}:${user}`, resourceAttributes } } };
      await waitUntil(`${user} to be allowed to ${verb} ${resource}`, 20, async () => {
        const { status } = await authorization.createSubjectAccessReview(question);
        return status?.allowed === true;
      });
    }
  }
}

/** Each way to hold one verb less than these permissions, with that verb as `get secrets`. */
export function oneLess(held: readonly Permission[]): { readonly missing: string; readonly less: Permission[] }[] {
  return held.flatMap((permission, index) =>
    permission.verbs.map((verb) => {
      const verbs = permission.verbs.filter((other) => other !== verb);
      const less = held.toSpliced(index, 1, { ...permission, verbs }).filter((rule) => rule.verbs.length > 0);
      return { missing: `${verb} ${permission.resource}`, less };
    }),
  );
}

/** What a command prints that lacks this permission, such as `get secrets`. */
export function refusalOf(missing: string): RegExp {
  const [verb = "", resource = ""] = missing.split(" ");
  return new RegExp(`not allowed to (.* and )?${verb} (.* )?${resource}`);
}
