/// Which right each method of each service asks for. A method that is not here is denied.
enum MethodOperations {
    /// Any one of the operations lets the call go on to the check of its fields.
    static func operations(service: String, method: String) -> PolicyOperations {
        switch service {
        case "fieldseal.v1.Encryption": encryption(method)
        case "fieldseal.v1.Keys": keys(method)
        case "fieldseal.v1.Audit": audit(method)
        case "fieldseal.v1.Spool": method == "Status" ? .init(.status) : []
        default: []
        }
    }

    private static func encryption(_ method: String) -> PolicyOperations {
        switch method {
        case "Encrypt": [.init(.encrypt), .init(.encryptDeterministic)]
        case "Decrypt": .init(.decrypt)
        case "Rewrap": [.init(.rewrap), .init(.rewrapCompromised)]
        case "Rebind": .init(.rebind)
        case "BlindIndex": .init(.blindIndex)
        case "HashRecord": .init(.hashRecord)
        case "DescribeField": .init(.describeField)
        case "DeriveFieldKey": .init(.deriveFieldKey)
        case "RotateKey": .init(.rotateKey)
        default: []
        }
    }

    private static func keys(_ method: String) -> PolicyOperations {
        switch method {
        case "ApplyCatalog": .init(.applyCatalog)
        case "GetCatalog": .init(.getCatalog)
        case "GetFieldKey": .init(.getFieldKey)
        case "GetAuditHashKey": .init(.getAuditHashKey)
        case "EnsureFieldKey": .init(.deriveFieldKey)
        case "RotateKey": .init(.rotateKey)
        case "ListKeys": .init(.listKeys)
        case "ShowKey": .init(.showKey)
        case "RotateKeys": .init(.rotateKey)
        case "RollbackRotation": .init(.manageRotation)
        case "ShowSchedule": .init(.listKeys)
        case "PauseRotation": .init(.manageRotation)
        case "ResumeRotation": .init(.manageRotation)
        case "RetireKey": .init(.manageRotation)
        case "RestoreKey": .init(.manageRotation)
        case "ReportCensus": .init(.reportCensus)
        case "ShowCensus": .init(.listKeys)
        case "CompromiseKey": .init(.compromiseKey)
        case "ShowPropagation": .init(.listKeys)
        case "ScheduleDestruction": .init(.destroyKey)
        case "CancelDestruction": .init(.destroyKey)
        case "ForceDestruction": .init(.destroyKey)
        case "EraseSubject": .init(.eraseSubject)
        case "GetSubjectKey": .init(.getSubjectKey)
        case "Lease": .init(.lease)
        case "WatchKeys": .init(.watchKeys)
        case "AcknowledgeKeys": .init(.watchKeys)
        case "ShowMaster": .init(.listKeys)
        case "AddCustodian": .init(.manageCustody)
        case "RemoveCustodian": .init(.manageCustody)
        case "MakeShares": .init(.manageCustody)
        case "RunDrill": .init(.manageCustody)
        case "ShowUnseal": .init(.unseal)
        case "Unseal": .init(.unseal)
        case "Backup": .init(.backupStore)
        case "AcceptRestore": .init(.acceptRestore)
        case "ListAlerts": .init(.listAlerts)
        case "Status": .init(.status)
        default: []
        }
    }

    private static func audit(_ method: String) -> PolicyOperations {
        switch method {
        case "Append": .init(.appendAudit)
        case "Query": .init(.queryAudit)
        case "TailEvents": .init(.tailAudit)
        case "Status": .init(.status)
        case "SummarizeUse": .init(.queryAudit)
        case "ListEpochs": .init(.queryAudit)
        case "StoreRevision": .init(.appendAudit)
        case "Checkpoint": .init(.readCheckpoint)
        case "ProveBlocks": .init(.appendAudit)
        case "ProveConsistency": [.init(.appendAudit), .init(.proveAudit)]
        case "ReviewFinding": .init(.reviewFindings)
        case "PlaceHold", "ReleaseHold": .init(.holdAudit)
        case "ProveEvent": .init(.proveAudit)
        case "ReadLeaves": .init(.readLeaves)
        case "ListAlerts": .init(.listAlerts)
        default: []
        }
    }
}
