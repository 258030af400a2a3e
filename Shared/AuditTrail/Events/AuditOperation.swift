public import FieldsealMessages

/// What was done or refused.
public typealias AuditOperation = Proto.Operation
