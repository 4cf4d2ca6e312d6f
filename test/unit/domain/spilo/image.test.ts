import assert from "node:assert/strict";
import type { Severity } from "../../../../domain/catalogue/finding-codes.ts";
import { gravest } from "../../../../domain/finding.ts";
import {
  checkSpiloImage,
  majorsIn,
  parseSpiloImage,
  recommendedImage,
  recommendedImageFor,
  versionInPath,
} from "../../../../domain/spilo/image.ts";
import { faultTest } from "../../../support/fault-test.ts";

const restoring = { restoredMajor: 12, irsa: false };

describe("checkSpiloImage", () => {
  const cases: [image: string, severity: Severity, why: RegExp][] = [
    ["registry.opensource.zalan.do/acid/spilo-12:1.6-p3", "refuse", /not in wal\/<version>/],
    ["registry.opensource.zalan.do/acid/spilo-12:1.6-p5", "refuse", /not in wal\/<version>/],
    ["registry.opensource.zalan.do/acid/spilo-13:2.0-p2", "refuse", /never deleted/],
    ["registry.opensource.zalan.do/acid/spilo-13:2.0-p7", "refuse", /never deleted/],
    ["registry.opensource.zalan.do/acid/spilo-13:2.1-p1", "refuse", /fixed in 2.1-p2/],
    ["registry.opensource.zalan.do/acid/spilo-14:2.1-p2", "ok", /PostgreSQL 12/],
    ["registry.opensource.zalan.do/acid/spilo-14:2.1-p7", "ok", /PostgreSQL 12/],
    ["ghcr.io/zalando/spilo-15:3.0-p1", "ok", /PostgreSQL 12/],
    ["ghcr.io/zalando/spilo-16:3.3-p1", "refuse", /never deletes old backups/],
    ["ghcr.io/zalando/spilo-16:3.3-p2", "refuse", /never deletes old backups/],
    [recommendedImage, "ok", /PostgreSQL 12/],
    [`${recommendedImage}@sha256:${"a".repeat(64)}`, "ok", /PostgreSQL 12/],
    ["ghcr.io/zalando/spilo-17:4.0-p3", "refuse", /no PostgreSQL 12/],
    ["ghcr.io/zalando/spilo-18:4.1-p2", "refuse", /no PostgreSQL 12/],
    ["ghcr.io/zalando/spilo-16:latest", "unknown", /nothing is known/],
    ["ghcr.io/zalando/spilo-16", "unknown", /nothing is known/],
    ["postgres:12", "unknown", /nothing is known/],
    ["", "unknown", /nothing is known/],
  ];
  for (const [image, severity, why] of cases) {
    faultTest(26, `${image === "" ? "no image" : image}: ${severity}`, () => {
      const findings = checkSpiloImage(image, restoring);
      assert.equal(gravest(findings), severity);
      assert.match(findings.map(({ what }) => what).join(), why);
    });
  }

  faultTest(26, "accepts roles only from 2.1-p7 to 3.2-p3, with the region's STS from 2.1-p9 on", () => {
    const codesOf = (tag: string): string =>
      checkSpiloImage(`x/spilo-16:${tag}`, { restoredMajor: undefined, irsa: true })
        .map(({ severity, code }) => `${severity} ${code}`)
        .join();
    assert.deepEqual(["2.1-p6", "2.1-p7", "2.1-p9", "3.2-p3", "3.3-p3", "4.1-p1"].map(codesOf), [
      "refuse image-without-irsa",
      "warn image-asks-global-sts",
      "ok image-fits",
      "ok image-fits",
      "refuse image-cannot-assume-role",
      "refuse image-without-postgres-12",
    ]);
  });

  faultTest(26, "recommends an image that fits the same use", () => {
    const uses: [restoredMajor: number | undefined, irsa: boolean, image: RegExp][] = [
      [12, false, /spilo-16:3\.3-p3$/],
      [undefined, false, /spilo-16:3\.3-p3$/],
      [undefined, true, /spilo-16:3\.2-p3$/],
      [12, true, /spilo-16:3\.2-p3$/],
      [11, false, /spilo-16:3\.2-p3$/],
      [10, true, /spilo-15:3\.2-p1$/],
    ];
    for (const [restoredMajor, irsa, image] of uses) {
      const use = { restoredMajor, irsa };
      const recommended = recommendedImageFor(use);
      assert.match(recommended, image);
      assert.equal(gravest(checkSpiloImage(recommended, use)), "ok");
      assert.equal(checkSpiloImage("x/spilo-13:2.0-p2", use)[0]?.fix, `use ${recommended}`);
    }
  });

  faultTest(26, "refuses to restore a version that the image does not have any more", () => {
    const codes = (reference: string, restoredMajor: number): string =>
      checkSpiloImage(reference, { restoredMajor, irsa: false })
        .map(({ code }) => code)
        .join();
    assert.equal(codes(recommendedImage, 11), "image-without-restored-version");
    assert.equal(codes("ghcr.io/zalando/spilo-16:3.2-p2", 10), "image-without-restored-version");
    assert.equal(codes("ghcr.io/zalando/spilo-15:3.2-p1", 10), "image-fits");
  });

  faultTest(24, "refuses a backup from a newer version", () => {
    assert.match(
      JSON.stringify(checkSpiloImage(recommendedImage, { restoredMajor: 13, irsa: false })),
      /cannot be restored into Harbor's PostgreSQL 12/,
    );
  });
});

describe("the contents of an image", () => {
  it("include its PostgreSQL versions", () => {
    const majors = (reference: string): number[] => {
      const image = parseSpiloImage(reference);
      return image === undefined ? [] : majorsIn(image);
    };
    assert.deepEqual(majors("x/spilo-15:3.2-p1"), [10, 11, 12, 13, 14, 15]);
    assert.deepEqual(majors("x/spilo-16:3.2-p3"), [11, 12, 13, 14, 15, 16]);
    assert.deepEqual(majors(recommendedImage), [12, 13, 14, 15, 16]);
    assert.deepEqual(majors("x/spilo-17:4.0-p1"), [13, 14, 15, 16, 17]);
    assert.deepEqual(majors("x/spilo-18:4.1-p2"), [14, 15, 16, 17, 18]);
  });

  it("decide about the version's folder in the path, used from 2.0-p2 on", () => {
    const inPath = (tag: string): boolean | undefined => {
      const image = parseSpiloImage(`x/spilo-12:${tag}`);
      return image && versionInPath(image);
    };
    assert.deepEqual(["1.6-p3", "2.0-p1", "2.0-p2", "3.3-p3"].map(inPath), [false, false, true, true]);
  });
});
