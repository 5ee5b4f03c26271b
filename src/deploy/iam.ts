/** What an access error of AWS says to be missing. */
export interface Missing {
  /** `lambda:UpdateFunctionCode`, `iam:PassRole` */
  action: string;
  /** ARN, or `*` where AWS does not name it. */
  resource: string;
  /** A policy forbids it, so that allowing it elsewhere does not help. */
  forbidden: boolean;
}

/**
 * Reads AWS's own words: `User: ARN is not authorized to perform: ACTION on resource: ARN because ...`.
 * @param operation the action that was tried, for where the words do not say it
 */
export function missingPermission(operation: string, message: string): Missing {
  const found = /not authorized to perform:? ([a-z0-9-]+:\w+)(?: on (?:the )?resource:? (\S+))?/i.exec(
    message,
  );
  return {
    action: found?.[1] ?? operation,
    resource: found?.[2]?.replace(/[.,;]$/, '') ?? '*',
    forbidden: /explicit deny/i.test(message),
  };
}

/** The statement to add to a policy, as JSON on one line. */
export function policyStatement({ action, resource }: Missing): string {
  return JSON.stringify({ Effect: 'Allow', Action: action, Resource: resource });
}
