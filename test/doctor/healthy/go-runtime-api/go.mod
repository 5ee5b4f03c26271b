module example.com/app

go 1.25

require github.com/aws/aws-lambda-go v1.50.0
