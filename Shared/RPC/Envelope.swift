public enum RequestEnvelope { public static func path(service: String, method: String) -> [UInt8] { [] } }
public enum ResponseEnvelope { public static let maximumPayload = FrameHeader.maximumLength - 5 }
