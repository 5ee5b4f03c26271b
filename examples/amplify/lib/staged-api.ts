import { HttpApi, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** The API's stage, whose name stands before each path: the function has `API_ROOT_PATH=/prod`. */
export const STAGE = 'prod';

/** An HTTP API that hands everything to one function or alias, under one stage. */
export class StagedApi extends Construct {
  /** Without a slash at the end. */
  readonly url: string;

  constructor(scope: Construct, id: string, handler: IFunction) {
    super(scope, id);
    const api = new HttpApi(this, 'HttpApi', {
      createDefaultStage: false,
      defaultIntegration: new HttpLambdaIntegration('Integration', handler),
    });
    this.url = new HttpStage(this, 'Stage', { httpApi: api, stageName: STAGE, autoDeploy: true }).url;
  }
}
