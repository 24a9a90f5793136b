"""Task definitions that have, all together, every field that there is."""

MINIMAL = {"name": "app", "image": "busybox", "memory": 64}

EC2 = {
    "taskRoleArn": "arn:aws:iam::000000000000:role/task",
    "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
    "networkMode": "bridge",
    "pidMode": "task",
    "ipcMode": "task",
    "cpu": "512",
    "memory": "1024",
    "requiresCompatibilities": ["EC2"],
    "placementConstraints": [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}],
    "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    "enableFaultInjection": False,
    "volumes": [
        {"name": "host", "host": {"sourcePath": "/srv"}},
        {
            "name": "docker",
            "dockerVolumeConfiguration": {
                "scope": "shared",
                "autoprovision": True,
                "driver": "local",
                "driverOpts": {"type": "tmpfs"},
                "labels": {"a": "b"},
            },
        },
        {
            "name": "efs",
            "efsVolumeConfiguration": {
                "fileSystemId": "fs-1",
                "rootDirectory": "/",
                "transitEncryption": "ENABLED",
                "transitEncryptionPort": 2049,
                "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
            },
        },
    ],
    "containerDefinitions": [
        {
            "name": "app",
            "image": "registry.example.com/app:1",
            "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:us-east-1:000000000000:secret:r"},
            "cpu": 128,
            "memory": 256,
            "memoryReservation": 128,
            "links": ["side:side"],
            "portMappings": [
                {"containerPort": 80, "hostPort": 8080, "protocol": "tcp", "name": "http", "appProtocol": "http"},
                {"containerPort": 53, "hostPort": 0, "protocol": "udp"},
            ],
            "essential": True,
            "entryPoint": ["sh", "-c"],
            "command": ["exec app", "--größe=1"],
            "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": ""}],
            "environmentFiles": [{"value": "arn:aws:s3:::bucket/app.env", "type": "s3"}],
            "mountPoints": [{"sourceVolume": "host", "containerPath": "/srv", "readOnly": True}],
            "volumesFrom": [{"sourceContainer": "side", "readOnly": False}],
            "linuxParameters": {
                "capabilities": {"add": ["SYS_PTRACE"], "drop": ["MKNOD"]},
                "devices": [{"hostPath": "/dev/fuse", "containerPath": "/dev/fuse", "permissions": ["read", "write"]}],
                "initProcessEnabled": True,
                "sharedMemorySize": 64,
                "tmpfs": [{"containerPath": "/run", "size": 16, "mountOptions": ["noexec"]}],
                "maxSwap": 128,
                "swappiness": 60,
            },
            "secrets": [{"name": "KEY", "valueFrom": "arn:aws:ssm:us-east-1:000000000000:parameter/key"}],
            "dependsOn": [{"containerName": "side", "condition": "HEALTHY"}],
            "startTimeout": 30,
            "stopTimeout": 60,
            "hostname": "app",
            "user": "1000:1000",
            "workingDirectory": "/srv",
            "privileged": False,
            "readonlyRootFilesystem": True,
            "dnsServers": ["10.0.0.2"],
            "dnsSearchDomains": ["internal"],
            "extraHosts": [{"hostname": "db", "ipAddress": "10.0.0.3"}],
            "dockerSecurityOptions": ["no-new-privileges"],
            "interactive": True,
            "pseudoTerminal": True,
            "dockerLabels": {"com.example.team": "web"},
            "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"},
                "secretOptions": [],
            },
            "systemControls": [{"namespace": "net.core.somaxconn", "value": "1024"}],
            "restartPolicy": {"enabled": True, "ignoredExitCodes": [0, 2], "restartAttemptPeriod": 120},
            "versionConsistency": "enabled",
        },
        {
            "name": "side",
            "image": "side",
            "cpu": 0,
            "memory": 128,
            "essential": False,
            "portMappings": [],
            "environment": [],
            "mountPoints": [],
            "volumesFrom": [],
            "systemControls": [],
            "healthCheck": {
                "command": ["CMD-SHELL", "true"],
                "interval": 10,
                "timeout": 5,
                "retries": 2,
                "startPeriod": 30,
            },
        },
    ],
}

FARGATE = {
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "1024",
    "memory": "2048",
    "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
    "ephemeralStorage": {"sizeInGiB": 50},
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "proxyConfiguration": {
        "type": "APPMESH",
        "containerName": "envoy",
        "properties": [
            {"name": "ProxyIngressPort", "value": "15000"},
            {"name": "AppPorts", "value": "80"},
            {"name": "EgressIgnoredIPs", "value": "169.254.170.2"},
            {"name": "IgnoredUID", "value": "1337"},
            {"name": "ProxyEgressPort", "value": "15001"},
        ],
    },
    "containerDefinitions": [
        MINIMAL | {"logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "stdout"}}},
        {"name": "envoy", "image": "envoy", "essential": True, "user": "1337"},
        {
            "name": "logs",
            "image": "fluent-bit",
            "essential": True,
            "firelensConfiguration": {"type": "fluentbit", "options": {"enable-ecs-log-metadata": "true"}},
        },
    ],
}

WINDOWS = {
    "requiresCompatibilities": ["EC2"],
    "taskRoleArn": "arn:aws:iam::000000000000:role/task",
    "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
    "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},
    "volumes": [
        {
            "name": "share",
            "fsxWindowsFileServerVolumeConfiguration": {
                "fileSystemId": "fs-1",
                "rootDirectory": "share",
                "authorizationConfig": {
                    "credentialsParameter": "arn:aws:secretsmanager:us-east-1:000000000000:secret:login",
                    "domain": "corp.example.com",
                },
            },
        }
    ],
    "containerDefinitions": [
        MINIMAL
        | {
            "credentialSpecs": ["credentialspec:arn:aws:s3:::bucket/app.json"],
            "mountPoints": [{"sourceVolume": "share", "containerPath": "C:\\\\share"}],
        }
    ],
}

GPUS = {
    "requiresCompatibilities": ["EC2"],
    "networkMode": "bridge",
    "containerDefinitions": [
        MINIMAL
        | {
            "resourceRequirements": [{"type": "GPU", "value": "2"}],
            "portMappings": [{"containerPortRange": "8000-8010"}],
        },
        {"name": "apart", "image": "apart", "memory": 64, "disableNetworking": True},
    ],
}

SHARED_GPU = {
    "requiresCompatibilities": ["EC2"],
    "containerDefinitions": [
        MINIMAL
        | {
            "resourceRequirements": [
                {"type": "GPU", "sharingStrategy": {"nvidiaMps": {"memory": 1024, "maxComputePercent": 50}}},
            ]
        }
    ],
}

MANAGED = {
    "requiresCompatibilities": ["MANAGED_INSTANCES"],
    "taskRoleArn": "arn:aws:iam::000000000000:role/task",
    "cpu": "1024",
    "memory": "2048",
    "trustedExecutionConfiguration": {"isolationMode": "CONFIDENTIAL_SANDBOX", "attestationPolicy": "e30="},
    "containerDefinitions": [MINIMAL],
}

VOLUMES = {
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "taskRoleArn": "arn:aws:iam::000000000000:role/task",
    "cpu": "1024",
    "memory": "2048",
    "volumes": [
        {
            "name": "files",
            "s3filesVolumeConfiguration": {
                "fileSystemArn": "arn:aws:s3files:us-east-1:000000000000:file-system/fs-1",
                "rootDirectory": "/",
                "transitEncryptionPort": 2049,
                "accessPointArn": "arn:aws:s3files:us-east-1:000000000000:file-system/fs-1/access-point/ap-1",
            },
        },
        {"name": "later", "configuredAtLaunch": True},
    ],
    "containerDefinitions": [
        MINIMAL
        | {
            "mountPoints": [
                {"sourceVolume": "files", "containerPath": "/files"},
                {"sourceVolume": "later", "containerPath": "/later"},
            ]
        }
    ],
}

SAMPLES = {
    "ec2": EC2,
    "fargate": FARGATE,
    "windows": WINDOWS,
    "gpus": GPUS,
    "shared-gpu": SHARED_GPU,
    "managed": MANAGED,
    "volumes": VOLUMES,
}
