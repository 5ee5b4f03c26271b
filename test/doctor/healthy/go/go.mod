module example.com/app

go 1.25

require github.com/gin-gonic/gin v1.11.0
